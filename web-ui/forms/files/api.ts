// The workspace's files as the server tells them, and how one is uploaded.

export interface WorkspaceFile {
  name: string;
  /** Bytes. */
  size: number;
  content_type: string;
  /** What stands in a message to send it. */
  value: string;
}

export interface FileList {
  files: WorkspaceFile[];
  /** Largest file, in bytes. */
  file_bytes_max: number;
}

/** A sentence of the server about what did not work; empty when nobody answered. */
export class FilesError extends Error {}

export async function fetchFiles(url: string): Promise<FileList> {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new FilesError(await sentence(response));
  return (await response.json()) as FileList;
}

export async function uploadFile(
  url: string,
  name: string,
  content: Blob,
  csrf: string,
): Promise<WorkspaceFile> {
  const response = await fetch(`${url}/${encodeURIComponent(name)}`, {
    method: "PUT",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/octet-stream",
      "X-CSRF-Token": csrf,
    },
    body: content,
  });
  if (!response.ok) throw new FilesError(await sentence(response));
  return (await response.json()) as WorkspaceFile;
}

async function sentence(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  return problem.detail ?? problem.title ?? "";
}

/** What a browser shows as a picture and the server hands out as one. */
export function isPicture({ content_type }: WorkspaceFile): boolean {
  return content_type.startsWith("image/") && content_type !== "image/svg+xml";
}

export function iconOf({ content_type }: WorkspaceFile): string {
  switch (content_type.split("/")[0]) {
    case "image":
      return "photo";
    case "video":
      return "video";
    case "audio":
      return "music";
    default:
      return "file";
  }
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** `640 B`, `3.3 MB`. */
export function sizeText(bytes: number, lang: string): string {
  let [number, unit] = [bytes, 0];
  while (number >= 1024 && unit < UNITS.length - 1) {
    number /= 1024;
    unit += 1;
  }
  return new Intl.NumberFormat(lang, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    maximumFractionDigits: number < 9.95 ? 1 : 0,
  }).format(number);
}
