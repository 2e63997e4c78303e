// The conversation as the server tells it, and how it is fetched.

export interface Span {
  t: string;
  m?: {
    bold?: boolean;
    italic?: boolean;
    underline?: boolean;
    strike?: boolean;
    code?: boolean;
    spoiler?: boolean;
    pre?: boolean;
    quote?: boolean;
  };
  l?: string;
}

export interface Choice {
  label: string;
  kind: "reply" | "url" | "mini_app" | "contact" | "location" | "users" | "chat" | "poll" | "copy" | "inline";
  token?: string;
  url?: string;
  /** What is copied, or what the inline query says. */
  copy?: string;
  /** By which it is told what was picked by this button. */
  request?: number;
}

/** What a button lets pick. */
export type PickKind = "users" | "chat" | "poll";

export type MediaKind =
  | "photo"
  | "video"
  | "file"
  | "audio"
  | "voice"
  | "animation"
  | "sticker"
  | "video_note";

export interface Media {
  kind: MediaKind;
  /** Where it can be seen, when it has an address. */
  url?: string;
  name: string;
  /** A file of the workspace that is not there. */
  missing?: boolean;
}

export interface Place {
  latitude: number;
  longitude: number;
  title?: string;
  address?: string;
}

export interface ContactCard {
  phone: string;
  first_name: string;
  last_name?: string;
}

/** How the keyboard of a message behaves. */
export interface KeyboardOptions {
  one_time?: boolean;
  remove?: boolean;
  placeholder?: string;
}

export interface ChatMessage {
  id: number;
  /** `in`: from the person, `out`: from the bot. */
  direction: "in" | "out";
  /** Milliseconds since 1970. */
  at: number;
  spans: Span[];
  media?: Media[];
  /** Or below the files. */
  text_above?: boolean;
  location?: Place;
  contact?: ContactCard;
  keyboard?: KeyboardOptions;
  /** It was changed after it was sent. */
  edited?: boolean;
  choices?: Choice[][];
  placement?: "inline" | "keyboard";
  /** A short notice instead of a message: the answer to a pressed button. */
  toast?: string;
}

interface Answer {
  messages: ChatMessage[];
  /** Earlier messages as they are now. */
  changed?: ChatMessage[];
  /** Earlier messages that are gone. */
  deleted?: number[];
  /** The moment of the newest change; named next time. */
  changed_at?: number;
}

/** What became of a conversation since it was last looked at. */
export interface News {
  fresh: ChatMessage[];
  changed: ChatMessage[];
  deleted: number[];
}

export type Input =
  | { text: string }
  | { token: string }
  | { contact: string }
  | { latitude: number; longitude: number }
  | { picked: string; request: number }
  | { file: string; file_kind: MediaKind; caption: string };

/** After something was sent, answers are looked for often, then less and less. */
const EAGER_MS = 250;
const EAGER_FOR_MS = 8000;
const CALM_MS = 2500;

export class Conversation {
  #last = 0;
  #changedAt = 0;
  #eagerUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fetching = false;

  constructor(
    readonly urls: { messages: string; send: string; csrf: string },
    readonly show: (news: News) => void,
    readonly notice: (text: string) => void,
    readonly offline: (is: boolean) => void,
  ) {}

  start(): void {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.look();
    });
    void this.look();
  }

  async send(input: Input): Promise<boolean> {
    this.#eagerUntil = Date.now() + EAGER_FOR_MS;
    try {
      const response = await fetch(this.urls.send, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.urls.csrf },
        body: JSON.stringify(input),
      });
      void this.look();
      return response.ok;
    } catch {
      this.offline(true);
      return false;
    }
  }

  /** Fetches what is new, and plans the next look. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#fetching) {
      this.#fetching = true;
      await this.#fetch();
      this.#fetching = false;
    }
    clearTimeout(this.#timer);
    if (document.hidden) return;
    const pause = Date.now() < this.#eagerUntil ? EAGER_MS : CALM_MS;
    this.#timer = setTimeout(() => void this.look(), pause);
  }

  async #fetch(): Promise<void> {
    try {
      const since = `after=${this.#last}&changed=${this.#changedAt}`;
      const response = await fetch(`${this.urls.messages}?${since}`, {
        headers: { Accept: "application/json" },
      });
      this.offline(!response.ok);
      if (!response.ok) return;
      const answer = (await response.json()) as Answer;
      const fresh = answer.messages.filter((message) => message.id > this.#last);
      this.#last = fresh.reduce((last, message) => Math.max(last, message.id), this.#last);
      for (const { toast } of fresh) if (toast) this.notice(toast);
      const { changed = [], deleted = [], changed_at = 0 } = answer;
      this.#changedAt = Math.max(this.#changedAt, changed_at);
      if (fresh.length + changed.length + deleted.length === 0) return;
      this.show({ fresh: fresh.filter((message) => message.toast === undefined), changed, deleted });
    } catch {
      this.offline(true);
    }
  }
}
