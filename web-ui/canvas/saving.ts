// Keeps the draft on the server: a second after the last change, one request at a time, with the revision it
// is based on. Publishing saves first.

import type { Boot, Finding } from "./boot.ts";
import type { Scenario } from "./document.ts";
import type { EditorStore } from "./store.ts";

const QUIET_MS = 1000;
const RETRY_MS = 5000;

/** Where whoever stands in a block goes on in the new version. */
export type MoveTo = "start" | { block: string };

export interface PeopleOnBlock {
  block: string;
  name: string;
  kind: string | null;
  fate: "same" | "changed" | "deleted";
  runs: number;
}

interface Answer {
  revision?: number;
  number?: number;
  findings?: Finding[];
  blocks?: PeopleOnBlock[];
  title?: string;
  detail?: string;
}

export class Saver {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #saved: Scenario;
  /** The revision the other person saved, once the server has told. */
  #theirs: number | null = null;
  #csrf: string;

  constructor(
    readonly store: EditorStore,
    readonly boot: Boot,
  ) {
    this.#saved = store.getState().doc;
    this.#csrf = boot.csrf;
  }

  start(): () => void {
    const stop = this.store.subscribe((state, previous) => {
      if (state.doc !== previous.doc) this.#later(QUIET_MS);
    });
    const leave = (event: BeforeUnloadEvent) => {
      if (this.isDirty()) event.preventDefault();
    };
    addEventListener("beforeunload", leave);
    // Whoever comes back from signing in again finds the work going on.
    const back = () => {
      if (this.store.getState().save === "signed-out") void this.save();
    };
    addEventListener("focus", back);
    return () => {
      stop();
      removeEventListener("focus", back);
      clearTimeout(this.#timer);
      removeEventListener("beforeunload", leave);
    };
  }

  isDirty(): boolean {
    return this.store.getState().doc !== this.#saved;
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    if (this.store.getState().save === "conflict") return;
    this.#timer = setTimeout(() => void this.save(), ms);
  }

  /** Saves what there is now; resolves when nothing unsaved is left, or the server refused. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.store.getState().save === "conflict") return;
    while (this.#running) await this.#running;
    if (!this.isDirty()) {
      this.store.getState().set({ save: "saved" });
      return;
    }
    await this.#start();
  }

  #start(): Promise<void> {
    this.#running = this.#put().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Takes the other person's revision as read, and writes over it. */
  async overwrite(): Promise<void> {
    while (this.#running) await this.#running;
    const { set } = this.store.getState();
    if (this.#theirs !== null) set({ revision: this.#theirs });
    // Even a draft without changes of its own is written: what the server holds is the other person's.
    await this.#start();
  }

  async #put(): Promise<void> {
    const { doc, revision, set, setFindings } = this.store.getState();
    set({ save: "saving", saveText: "" });
    let response: Response;
    let answer: Answer;
    try {
      response = await this.#send("PUT", this.boot.urls.save, { revision, document: doc });
      answer = await readAnswer(response);
    } catch {
      set({ save: "failed" });
      this.#later(RETRY_MS);
      return;
    }
    if (response.ok) {
      this.#saved = doc;
      set({ revision: answer.revision ?? revision + 1, save: this.isDirty() ? "dirty" : "saved" });
      setFindings(doc, answer.findings ?? []);
      if (this.isDirty()) this.#later(QUIET_MS);
    } else if (response.status === 409) {
      this.#theirs = answer.revision ?? null;
      set({ save: "conflict" });
    } else if (response.status === 422) {
      if (answer.findings) setFindings(doc, answer.findings);
      set({ save: "refused", saveText: answer.detail ?? answer.title ?? "" });
    } else if (isSignedOut(response)) {
      set({ save: "signed-out" });
    } else {
      set({ save: "failed", saveText: answer.detail ?? answer.title ?? "" });
      if (response.status >= 500) this.#later(RETRY_MS);
    }
  }

  /** Saves, and says who stands in blocks that publishing the draft would change or take away. */
  async concerned(): Promise<PeopleOnBlock[]> {
    await this.save();
    if (this.store.getState().save !== "saved") return [];
    try {
      const response = await fetch(this.boot.urls.people, { headers: { Accept: "application/json" } });
      const { blocks = [] } = await readAnswer(response);
      return blocks.filter(({ fate }) => fate !== "same");
    } catch {
      // Publishing will say that there is no connection.
      return [];
    }
  }

  /** Publishes the saved draft: the number of the version, or nothing when it was refused. */
  async publish(moves: Record<string, MoveTo> = {}): Promise<number | null> {
    await this.save();
    const { save, doc, revision, set, setFindings } = this.store.getState();
    if (save !== "saved") return null;
    set({ publishing: true });
    try {
      const response = await this.#send("POST", this.boot.urls.publish, { revision, moves });
      const answer = await readAnswer(response);
      if (answer.findings) setFindings(doc, answer.findings);
      if (response.status === 409) {
        this.#theirs = answer.revision ?? null;
        set({ save: "conflict" });
      }
      if (isSignedOut(response)) set({ save: "signed-out" });
      if (!response.ok) {
        set({ saveText: answer.detail ?? answer.title ?? "" });
        return null;
      }
      const number = answer.number ?? 0;
      set({ published: number });
      return number;
    } catch {
      set({ save: "failed" });
      return null;
    } finally {
      set({ publishing: false });
    }
  }

  /** After signing in again the page's token is another one: it is fetched, and the request repeated. */
  async #send(method: string, url: string, body: unknown): Promise<Response> {
    const response = await this.#request(method, url, body);
    if (!isSignedOut(response)) return response;
    const page = await (await fetch(location.href, { headers: { Accept: "text/html" } })).text();
    const meta = new DOMParser().parseFromString(page, "text/html").querySelector('meta[name="csrf-token"]');
    const token = meta?.getAttribute("content");
    if (!token || token === this.#csrf) return response;
    this.#csrf = token;
    return this.#request(method, url, body);
  }

  #request(method: string, url: string, body: unknown): Promise<Response> {
    return fetch(url, {
      method,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRF-Token": this.#csrf,
      },
      body: JSON.stringify(body),
    });
  }
}

function isSignedOut(response: Response): boolean {
  return response.status === 401 || response.status === 403;
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
