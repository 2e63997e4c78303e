// The workload of the benchmark as somebody writes it by hand, in one file: grammY for Telegram, better-sqlite3 for
// the data, nothing between them. It keeps no history, no queue of sends and no trace, and an update that comes while
// it is killed is lost unless the messenger sends it again.
//
// node bot.mjs HOST:PORT BOT_API_URL DATABASE_FILE; ends with SIGTERM and says then how many orders there are.

import http from "node:http";
import Database from "better-sqlite3";
import { Bot, InlineKeyboard, webhookCallback } from "grammy";

const CUSTOMERS = 1000;
const TOKEN = "123456789:TEST-ONLY_not-a-real-token_0123456789";
const SECRET = "webhook-secret-of-the-benchmark";

const [address, apiRoot, file] = process.argv.slice(2);

const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
  CREATE TABLE customers (username TEXT PRIMARY KEY, price REAL, city TEXT);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT, customer INTEGER, total REAL);
`);
const addCustomer = db.prepare("INSERT INTO customers (username, price, city) VALUES (?, ?, ?)");
db.transaction(() => {
  for (let row = 0; row < CUSTOMERS; row++) {
    addCustomer.run(`customer_${String(row).padStart(4, "0")}`, (row % 100) + 20, "Kazan");
  }
})();
const findCustomer = db.prepare("SELECT rowid AS id, * FROM customers WHERE username = ?");
const addOrder = db.prepare("INSERT INTO orders (number, customer, total) VALUES (?, ?, ?)");

const botInfo = { id: 123456789, is_bot: true, first_name: "Bot", username: "test_bot" };
const bot = new Bot(TOKEN, { botInfo, client: { apiRoot } });

bot.on("message:text", async (ctx) => {
  const number = ctx.msg.text;
  const customer = findCustomer.get(ctx.from.username);
  const items = [1, 2, 3].map((n) => ({ title: `Item ${n}`, price: customer.price * n, quantity: n }));
  let sum = 0;
  for (const item of items) {
    sum += item.price * item.quantity;
  }
  const discount = sum > 1000 ? 0.1 : 0;
  const total = Math.round(sum * (1 - discount) * 100) / 100;
  const lines = items.map((item) => `${item.title} x ${item.quantity}`).join(", ");
  const size = total > 500 ? "large" : "small";
  addOrder.run(number, customer.id, total);
  const text = `Order ${number} of ${customer.username}: ${lines}, ${total} in all.`;
  const buttons = new InlineKeyboard().text("Confirm", `yes:${size}`).text("Cancel", `no:${size}`);
  await ctx.reply(text, { reply_markup: buttons });
});
bot.on("callback_query:data", async (ctx) => {
  await ctx.answerCallbackQuery();
  await ctx.reply("Thank you.");
});

const [host, port] = address.split(":");
const server = http.createServer(webhookCallback(bot, "http", { secretToken: SECRET }));
server.keepAliveTimeout = 0;
server.listen(Number(port), host, () => console.log(`http://${address}`));
process.on("SIGTERM", () => {
  const { rows, different } = db
    .prepare("SELECT count(*) AS rows, count(DISTINCT number) AS different FROM orders")
    .get();
  console.log(`${rows} ${different}`);
  server.closeAllConnections();
  server.close();
  db.close();
});
