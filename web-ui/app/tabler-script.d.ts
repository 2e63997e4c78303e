// Tabler's script is TypeScript checked by its own rules; here only its side effects matter.
declare module "tabler-script/*";
