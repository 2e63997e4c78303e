import { describe, expect, it } from "vitest";
import { iconOf, isPicture, sizeText } from "./api.ts";

const file = (content_type: string) => ({ name: "x", size: 1, content_type, value: "file:x" });

describe("files", () => {
  it("have sizes that people read", () => {
    expect(sizeText(640, "en")).toBe("640 byte");
    expect(sizeText(1500, "en")).toBe("1.5 kB");
    expect(sizeText(3_500_000, "ru").replace(/\s/g, " ")).toBe("3,3 МБ");
    expect(sizeText(50 * 1024 * 1024, "en")).toBe("50 MB");
  });

  it("are pictures only when nothing in them can run", () => {
    expect(isPicture(file("image/png"))).toBe(true);
    expect(isPicture(file("image/svg+xml"))).toBe(false);
    expect(isPicture(file("text/html"))).toBe(false);
    expect(iconOf(file("video/mp4"))).toBe("video");
    expect(iconOf(file("application/pdf"))).toBe("file");
  });
});
