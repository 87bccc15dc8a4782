/** Styles that come with the part they are for. */
declare module '*.css';
