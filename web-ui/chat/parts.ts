// What a message holds besides its text: files, a place, a contact card.

import { iconElement } from "../icons/svg.ts";
import type { ContactCard, Media, MediaKind, Place } from "./messages.ts";
import { t } from "./texts.ts";

const FILE_ICONS: Record<MediaKind, string> = {
  photo: "photo",
  video: "video",
  file: "file",
  audio: "music",
  voice: "microphone",
  animation: "gif",
  sticker: "sticker",
  video_note: "video",
};

/** A picture, a player, or a line that leads to the file. */
export function file(media: Media): HTMLElement {
  const { kind, url, name } = media;
  if (url && (url.startsWith("https://") || isOwn(url))) {
    const shown = player(kind, url, name);
    if (shown) {
      // What cannot be shown is still a file with an address.
      shown.addEventListener("error", () => shown.replaceWith(line(media)), { once: true });
      return shown;
    }
  }
  return line(media);
}

/** A file of the workspace. */
function isOwn(url: string): boolean {
  return url.startsWith("/files/");
}

function player(kind: MediaKind, url: string, name: string): HTMLElement | undefined {
  switch (kind) {
    case "photo":
    case "sticker": {
      const image = document.createElement("img");
      image.className = kind === "sticker" ? "chat-sticker" : "chat-picture";
      image.src = url;
      image.alt = name;
      image.loading = "lazy";
      return image;
    }
    case "video":
    case "video_note": {
      const video = document.createElement("video");
      video.className = kind === "video_note" ? "chat-round" : "chat-picture";
      video.src = url;
      video.controls = true;
      video.preload = "none";
      video.setAttribute("aria-label", name);
      return video;
    }
    case "audio":
    case "voice": {
      const audio = document.createElement("audio");
      audio.src = url;
      audio.controls = true;
      audio.preload = "none";
      audio.setAttribute("aria-label", name);
      return audio;
    }
    case "animation":
    case "file":
      return undefined;
  }
}

function line({ kind, url, name, missing }: Media): HTMLElement {
  const label = `${t(`media-${kind}`)}: ${name}`;
  if (missing) return row("alert-triangle", `${label}. ${t("file-missing")}`);
  return url ? link(FILE_ICONS[kind], label, url) : row(FILE_ICONS[kind], label);
}

export function place({ latitude, longitude, title, address }: Place): HTMLElement {
  const point = `${latitude}, ${longitude}`;
  const named = [title, address].filter((part) => part).join(", ");
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return link("map-pin", named ? `${named} (${point})` : point, map);
}

export function card({ phone, first_name, last_name }: ContactCard): HTMLElement {
  const name = [first_name, last_name].filter((part) => part).join(" ");
  return link("phone", `${name} ${phone}`, `tel:${phone}`);
}

function link(icon: string, text: string, url: string): HTMLElement {
  const made = document.createElement("a");
  made.className = "chat-part";
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  made.append(iconElement(icon), text);
  return made;
}

function row(icon: string, text: string): HTMLElement {
  const made = document.createElement("div");
  made.className = "chat-part";
  made.append(iconElement(icon), text);
  return made;
}
