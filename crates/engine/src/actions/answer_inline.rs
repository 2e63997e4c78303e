//! Answers an inline query: `@bot words` typed in any chat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::messenger::without_nulls;
use super::options_from::WithItem;
use super::{ActionKind, ERROR_EXIT, Flow, Group, Sentence, Spec, Visit, is_default, is_wired, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, ChannelCall, Effect, SecretText};
use crate::error::StepError;
use crate::event::EventKind;
use crate::expression::Template;
use crate::limits::CHANNEL_CALL_BYTES;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

/// The name of the present element.
const ITEM: &str = "item";

/// <https://core.telegram.org/bots/api#answerinlinequery>
const RESULTS_MAX: usize = 50;

/// An inline query is forgotten soon.
const WITHIN_MS: i64 = 15_000;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerInline {
    /// # Array
    ///
    /// A variable with rows of a list or other elements; each becomes a result, 50 at most.
    #[schemars(extend(
        "x-ru" = "Массив",
        "x-ru-help" = "Переменная со строками списка или другими элементами; каждый станет результатом, не больше 50."
    ))]
    pub items: Template,
    /// # Title
    ///
    /// The element is `#{item}`, its column `#{item.name}`.
    #[schemars(extend("x-ru" = "Заголовок", "x-ru-help" = "Элемент — `#{item}`, его столбец — `#{item.name}`."))]
    pub title: Template,
    /// # Description
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Описание"))]
    pub description: Template,
    /// # What is sent
    ///
    /// The message that appears when the person picks the result.
    #[schemars(extend("x-ru" = "Что отправится", "x-ru-help" = "Сообщение, которое появится, когда человек выберет результат."))]
    pub text: Template,
    /// # Picture
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Картинка", "x-more" = true, "x-widget" = "template"))]
    pub picture: Template,
    /// # Remember for, seconds
    ///
    /// So long the messenger answers the same query by itself.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(
        range(min = 0, max = 86_400),
        extend(
            "x-ru" = "Запомнить на, секунд",
            "x-more" = true,
            "x-ru-help" = "Столько времени мессенджер сам отвечает на такой же запрос.",
            "x-widget" = "duration"
        )
    )]
    pub cache_s: u32,
    /// # For everybody the same
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Для всех одинаково", "x-more" = true))]
    pub shared: bool,
}

impl ActionKind for AnswerInline {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "list-search",
        title: Words::new("Answer an inline query", "Ответить на инлайн-запрос"),
        help: Words::new(
            "Shows results to a person who typed the bot's name and a query in some chat.",
            "Показывает результаты тому, кто в любом чате написал имя бота и запрос.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::new("Results from {items}", "Результаты из {items}"),
    ];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/items", &self.items);
        visit.template_with("/title", &self.title, ITEM);
        visit.template_with("/description", &self.description, ITEM);
        visit.template_with("/text", &self.text, ITEM);
        visit.template_with("/picture", &self.picture, ITEM);
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        let needed = [
            ("/items", &self.items, "the results are made from nothing", "результаты не из чего делать"),
            ("/title", &self.title, "the results have no title", "у результатов нет заголовка"),
            ("/text", &self.text, "a picked result sends nothing", "выбранный результат ничего не отправляет"),
        ];
        for (pointer, template, en, ru) in needed {
            if template.is_empty() {
                findings.error(pointer, "incomplete_results", en, ru);
            }
        }
        if !channel.inline_query {
            findings.warning(
                "/items",
                "channel_cannot",
                "this channel has no inline queries",
                "в этом канале нет инлайн-запросов",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {}
            Some(Answer::Delivered(_)) => return Ok(Flow::Next),
            Some(_) => return Err(unexpected_answer()),
        }
        let EventKind::InlineQuery { id, .. } = &cx.event().kind else {
            return Err(StepError::new(
                "no_inline_query",
                "There is no inline query to answer: it begins with the trigger “Inline query”",
                "Отвечать не на что: инлайн-запрос начинается с триггера «Инлайн-запрос»",
            ));
        };
        let id = id.clone();
        let params = json!({
            "inline_query_id": id,
            "results": self.results(cx)?,
            "cache_time": self.cache_s,
            "is_personal": !self.shared,
        })
        .to_string();
        let call = ChannelCall {
            method: "answerInlineQuery".to_owned(),
            params: SecretText::plain(params),
            within_ms: Some(WITHIN_MS),
        };
        let effect = Effect::Call { peer: cx.order_peer(), call };
        if is_wired(cx, ERROR_EXIT) {
            return Ok(cx.deliver(effect));
        }
        cx.emit(effect);
        Ok(Flow::Next)
    }
}

impl AnswerInline {
    /// As many results as one answer takes.
    fn results(&self, cx: &mut StepContext<'_>) -> Result<Vec<serde_json::Value>, StepError> {
        let items = match cx.value(&self.items).map_err(|error| error.at("/items"))? {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            Value::Text(text) if text.trim().is_empty() => Vec::new(),
            _ => {
                return Err(StepError::new(
                    "not_an_array",
                    "Results can only be made from an array",
                    "Результаты можно сделать только из массива",
                )
                .at("/items"));
            }
        };
        let mut results = Vec::with_capacity(items.len().min(RESULTS_MAX));
        let mut room = CHANNEL_CALL_BYTES;
        for (index, item) in items.iter().take(RESULTS_MAX).enumerate() {
            let result = self.result(cx, index, item)?;
            let Some(left) = room.checked_sub(result.to_string().len()) else { break };
            room = left;
            results.push(result);
        }
        if results.len() < items.len() {
            cx.log(format!("{} of {} results are shown", results.len(), items.len()));
        }
        Ok(results)
    }

    fn result(&self, cx: &StepContext<'_>, index: usize, item: &Value) -> Result<serde_json::Value, StepError> {
        let lookup = WithItem { outer: cx, item };
        let text = |template: &Template, pointer: &str| {
            template.render_text(&lookup).map_err(|error| error.at(pointer))
        };
        let needed = |template: &Template, pointer: &str| match text(template, pointer)? {
            text if text.trim().is_empty() => Err(StepError::new(
                "empty_result",
                format!("Result {} is empty", index + 1),
                format!("Результат {} пустой", index + 1),
            )
            .at(pointer)),
            text => Ok(text),
        };
        let said = |text: String| (!text.trim().is_empty()).then_some(text);
        Ok(without_nulls(json!({
            "type": "article",
            "id": index.to_string(),
            "title": needed(&self.title, "/title")?,
            "description": said(text(&self.description, "/description")?),
            "thumbnail_url": said(text(&self.picture, "/picture")?),
            "input_message_content": {"message_text": needed(&self.text, "/text")?},
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{Bench, call_of};

    fn bench(options: serde_json::Value) -> Bench {
        let mut bench = Bench::new(options);
        bench.takes(EventKind::InlineQuery { id: "q".into(), query: "tea".into(), offset: String::new() });
        bench
    }

    #[test]
    fn each_element_is_a_result() {
        let options = json!({
            "items": "#{rows}", "title": "#{item.name}", "description": "#{item.price} ₽",
            "text": "I want #{item.name}", "cache_s": 60,
        });
        let mut bench = bench(options);
        bench.set("rows", json!([{"name": "Tea", "price": 100}, {"name": "Cake"}]));
        assert_eq!(bench.step::<AnswerInline>(None), "next");
        let effect = bench.last_effect().unwrap();
        let Effect::Call { call, .. } = &effect else { panic!("{effect:?}") };
        assert_eq!(call.within_ms, Some(WITHIN_MS), "it goes ahead of everything, or not at all");
        let (method, params) = call_of(&effect);
        assert_eq!(method, "answerInlineQuery");
        assert_eq!(
            params,
            json!({"inline_query_id": "q", "cache_time": 60, "is_personal": true, "results": [
                {"type": "article", "id": "0", "title": "Tea", "description": "100 ₽",
                    "input_message_content": {"message_text": "I want Tea"}},
                {"type": "article", "id": "1", "title": "Cake", "description": " ₽",
                    "input_message_content": {"message_text": "I want Cake"}},
            ]})
        );
    }

    #[test]
    fn there_are_no_more_results_than_fit() {
        let check = |count: usize, text: usize, expected: usize| {
            let mut bench = bench(json!({"items": "#{rows}", "title": "T", "text": "#{item}"}));
            bench.set("rows", json!(vec!["x".repeat(text); count]));
            bench.step::<AnswerInline>(None);
            let (_, params) = call_of(&bench.last_effect().unwrap());
            assert_eq!(params["results"].as_array().unwrap().len(), expected, "{count} of {text}");
        };
        check(0, 1, 0);
        check(60, 1, 50);
        check(20, 4_000, 16);
        check(20, 4_100, 15);
    }

    #[test]
    fn a_query_and_an_array_are_needed() {
        let options = json!({"items": "#{rows}", "title": "T", "text": "x"});
        let mut other = Bench::new(options.clone());
        assert_eq!(other.fail::<AnswerInline>(None).code, "no_inline_query");
        let mut bench = bench(options);
        bench.set("rows", "tea");
        assert_eq!(bench.fail::<AnswerInline>(None).code, "not_an_array");
    }
}
