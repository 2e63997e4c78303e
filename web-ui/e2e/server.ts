// The real binary on free ports with a data directory of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const READY_MS = 30_000;

export interface Server {
  /** Address of the admin pages. */
  url: string;
  stop: () => Promise<void>;
}

export async function startServer(): Promise<Server> {
  const binary =
    process.env.SCENARIA_BIN ?? fileURLToPath(new URL("../../target/debug/scenaria", import.meta.url));
  const data = await mkdtemp(join(tmpdir(), "scenaria-e2e-"));
  const [admin, open] = [await freePort(), await freePort()];
  const child = spawn(binary, ["serve"], {
    env: {
      ...process.env,
      SCENARIA_ADMIN_ADDR: `127.0.0.1:${admin}`,
      SCENARIA_PUBLIC_ADDR: `127.0.0.1:${open}`,
      SCENARIA_DATA_DIR: data,
      // Containers of build machines often forbid what confines scripts; the sandbox has tests of its own.
      SCENARIA_ALLOW_UNCONFINED_SCRIPTS: "true",
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const url = `http://127.0.0.1:${admin}`;
  try {
    await ready(child, url);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return {
    url,
    stop: async () => {
      await stopped(child);
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const failure = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const answers = async () => {
    const end = Date.now() + READY_MS;
    while (Date.now() < end) {
      try {
        await fetch(url, { redirect: "manual" });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`no answer at ${url} within ${READY_MS} ms`);
  };
  await Promise.race([failure, answers()]);
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill("SIGKILL"), 5000);
    child.once("exit", () => {
      clearTimeout(force);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
