// The form of the events that this file's steps work on. `inflect transforms types --schema SUBJECT` writes such types
// from the registry's schemas.
interface Order {
  id: number;
  status: string;
  total: number;
  customer?: { email?: string };
}

// The parameters of keepPaid, as JSON Schema: pages offer them as a form, and pipelines are held to them.
export const params = {
  type: "object",
  properties: {
    min: { type: "number", default: 0, description: "The least total that is kept." },
  },
  additionalProperties: false,
};

/**
 * Keeps orders that are paid and not too small.
 * @filter
 */
export function keepPaid(order: Order, ctx: Inflect.Context<{ min?: number }>): boolean {
  return order.status === "paid" && order.total >= (ctx.params.min ?? 0);
}

/**
 * Removes what identifies the customer.
 * @transform
 */
export function anonymise(order: Order): Order {
  delete order.customer;
  return order;
}
