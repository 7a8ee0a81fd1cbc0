import { kafkajsModule } from "./patch.ts";

interface EncoderClass {
  new (size: number): { buf: Buffer; offset: number };
}

/** The body of a request for the one place where kafkajs turns it into bytes: that takes an Encoder, and of it `buf` and `offset`. */
export function encoded(body: Buffer): object {
  const Encoder = kafkajsModule("protocol/encoder") as EncoderClass;
  return Object.assign(new Encoder(1), { buf: body, offset: body.length });
}
