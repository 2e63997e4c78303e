// Texts of what every page has.

import en from "../locales/en/app.ftl?raw";
import { pageLang, translator } from "../locales/fluent.ts";
import ru from "../locales/ru/app.ftl?raw";

export const t = translator(pageLang(), { en, ru });
