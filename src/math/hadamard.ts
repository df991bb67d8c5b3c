export { hadamard } from '../kernels/index.ts';
