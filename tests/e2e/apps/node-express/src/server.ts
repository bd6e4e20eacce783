import express from "express";
import helmet from "helmet";
import { pino } from "pino";
import { greeting } from "./greeting.js";

const log = pino();
const app = express();
app.use(helmet());

app.get("/", (_request, response) => {
  response.json({ greeting: greeting("express"), uid: process.getuid?.() });
});

const port = Number(process.env.PORT ?? 4000);
const server = app.listen(port, () => log.info({ port }, "listening"));

process.on("SIGTERM", () => {
  log.info("stopping");
  server.close(() => process.exit(0));
});
