// What the people of the example are called. Order is rank: `generate.js` gives rank r = 0, 1, ... a weight of 1 / (r + 3) (Zipf-Mandelbrot).

/** Common first names of adults in the United States, the most common ones first, and some rarer ones with accents. */
export const FIRST_NAMES = `
James Mary Michael Jennifer Robert Linda John Patricia David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Karen
Christopher Sarah Daniel Lisa Matthew Nancy Anthony Sandra Mark Ashley Steven Emily Andrew Kimberly Paul Michelle Joshua Donna Kevin Amanda
Brian Melissa Timothy Stephanie Ronald Rebecca Jason Laura George Sharon Edward Cynthia Jeffrey Amy Ryan Kathleen Jacob Angela Nicholas Dorothy
Gary Anna Eric Brenda Jonathan Nicole Stephen Pamela Larry Samantha Justin Emma Scott Katherine Brandon Christine Benjamin Helen Samuel Debra
Gregory Rachel Alexander Carolyn Patrick Janet Frank Maria Jack Heather José Diane Tyler Olivia Aaron Julie Adam Joyce Nathan Victoria
Henry Ruth Zachary Lauren Luis Kelly Carlos Christina Juan Evelyn Noah Judith Ethan Hannah Renée Zoë Mateo Aisha Priya Wei`
  .trim()
  .split(/\s+/);

/** Common surnames in the United States, the most common ones first, and some rarer ones that are awkward to spell in an address. */
export const LAST_NAMES = `
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore
Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott
Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner
Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey
Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes
Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler
Henderson Barnes Gonzales Fisher Vasquez Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole
Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernandez McDonald O'Brien
Müller Peña Núñez D'Angelo Kowalski Schneider Rossi Okafor Yamamoto Singh Haddad Lindqvist`
  .trim()
  .split(/\s+/);
