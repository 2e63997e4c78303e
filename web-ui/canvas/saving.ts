// Keeps the draft on the server: a second after the last change, one request at a time, with the revision it
// is based on. Publishing saves first.

import type { Boot, Finding } from "./boot.ts";
import type { Scenario } from "./document.ts";
import type { EditorStore } from "./store.ts";

const QUIET_MS = 1000;
const RETRY_MS = 5000;

interface Answer {
  revision?: number;
  number?: number;
  findings?: Finding[];
  title?: string;
  detail?: string;
}

export class Saver {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #saved: Scenario;
  /** The revision the other person saved, once the server has told. */
  #theirs: number | null = null;

  constructor(
    readonly store: EditorStore,
    readonly boot: Boot,
  ) {
    this.#saved = store.getState().doc;
  }

  start(): () => void {
    const stop = this.store.subscribe((state, previous) => {
      if (state.doc !== previous.doc) this.#later(QUIET_MS);
    });
    const leave = (event: BeforeUnloadEvent) => {
      if (this.isDirty()) event.preventDefault();
    };
    addEventListener("beforeunload", leave);
    return () => {
      stop();
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
    } else {
      set({ save: "failed", saveText: answer.detail ?? answer.title ?? "" });
      if (response.status >= 500) this.#later(RETRY_MS);
    }
  }

  /** Publishes the saved draft: the number of the version, or nothing when it was refused. */
  async publish(): Promise<number | null> {
    await this.save();
    const { save, doc, revision, set, setFindings } = this.store.getState();
    if (save !== "saved") return null;
    set({ publishing: true });
    try {
      const response = await this.#send("POST", this.boot.urls.publish, { revision });
      const answer = await readAnswer(response);
      if (answer.findings) setFindings(doc, answer.findings);
      if (response.status === 409) {
        this.#theirs = answer.revision ?? null;
        set({ save: "conflict" });
      }
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

  #send(method: string, url: string, body: unknown): Promise<Response> {
    return fetch(url, {
      method,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRF-Token": this.boot.csrf,
      },
      body: JSON.stringify(body),
    });
  }
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
