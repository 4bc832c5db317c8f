/** What a person did to the selection; rows by their place in the list. */
export type SelectionChange =
  | { readonly kind: 'toggle'; readonly index: number }
  /** Both ends belong to it, in either order. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'none' };
