// Texts of the test chat.

import en from "../locales/en/chat.ftl?raw";
import { pageLang, translator } from "../locales/fluent.ts";
import ru from "../locales/ru/chat.ftl?raw";

export const t = translator(pageLang(), { en, ru });
