//! Sends people along one of several branches by chance, each branch by its share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::check_exit_id;
use super::{ActionKind, Exit, Flow, Group, Port, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::{Lookup, Target};
use crate::ids::ExitId;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RandomSplit {
    /// # Branches
    #[schemars(length(min = 2, max = 20), extend("x-ru" = "Ветки"))]
    pub branches: Vec<Share>,
    /// # The same branch every time
    ///
    /// A subscriber who comes again goes the way he went before. Otherwise it is drawn anew.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Всегда одна и та же ветка",
        "x-ru-help" = "Подписчик, который пришёл снова, идёт той же дорогой. Иначе — каждый раз по жребию."
    ))]
    pub sticky: bool,
    /// # Keep the branch's name in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить название ветки"))]
    pub save_to: Option<Target>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// # Id
    #[schemars(extend("x-ru" = "Идентификатор", "x-widget" = "hidden"))]
    pub id: ExitId,
    /// # Name
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Название"))]
    pub name: String,
    /// # Share
    ///
    /// How often, beside the other branches: 1 and 3 are a quarter and three quarters.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(
        range(min = 0, max = 1000),
        extend("x-ru" = "Доля", "x-ru-help" = "Как часто по сравнению с другими: 1 и 3 — это четверть и три четверти.")
    )]
    pub share: u32,
}

fn one() -> u32 {
    1
}

fn is_one(share: &u32) -> bool {
    *share == 1
}

impl Default for RandomSplit {
    fn default() -> Self {
        let branch = |id: &str| Share { id: id.into(), name: id.to_uppercase(), share: 1 };
        Self { branches: vec![branch("a"), branch("b")], sticky: false, save_to: None }
    }
}

impl ActionKind for RandomSplit {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "arrows-shuffle",
        title: Words::new("Random (A/B)", "Случайно (A/B)"),
        help: Words::new(
            "Goes along one of the branches by chance, each by its share.",
            "Идёт по одной из веток по жребию, по каждой — с её долей.",
        ),
        can_fail: true,
        waits: false,
        ports: &[Port::Each { each: "/branches/*", id: "/id", label: "/name", only: None, unless: None }],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "Random (A/B)[{?sticky}, the same for a subscriber every time]",
        "Случайно (A/B)[{?sticky}, для подписчика всегда одинаково]",
    )];

    fn exits(&self) -> Vec<Exit> {
        let exit = |(index, branch): (usize, &Share)| Exit {
            id: branch.id.clone(),
            pointer: format!("/branches/{index}"),
            expected: false,
            door: false,
        };
        self.branches.iter().enumerate().map(exit).collect()
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        self.branches.iter().any(|branch| branch.share > 0 && !is_wired(branch.id.as_str()))
    }

    fn visit(&self, visit: &mut dyn Visit) {
        if let Some(target) = &self.save_to {
            visit.target("/save_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.branches.iter().all(|branch| branch.share == 0) {
            findings.error(
                "/branches",
                "no_shares",
                "no branch has a share, so none can be drawn",
                "ни у одной ветки нет доли, и выбирать не из чего",
            );
        }
        for (index, branch) in self.branches.iter().enumerate() {
            let pointer = format!("/branches/{index}/id");
            check_exit_id(&branch.id, &pointer, findings);
            if self.branches.iter().take(index).any(|earlier| earlier.id == branch.id) {
                findings.error(
                    pointer,
                    "duplicate_exit",
                    format!("two branches have the id “{}”", branch.id),
                    format!("у двух веток один идентификатор «{}»", branch.id),
                );
            }
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let total = self.branches.iter().map(|branch| u64::from(branch.share)).sum();
        let mut drawn = if self.sticky { cx.draw_for_subscriber(total) } else { cx.random_below(total) };
        let branch = self.branches.iter().find(|branch| {
            let share = u64::from(branch.share);
            let is_it = drawn < share;
            drawn = drawn.saturating_sub(share);
            is_it
        });
        let Some(branch) = branch else {
            return Err(StepError::new("no_shares", "No branch has a share", "Ни у одной ветки нет доли"));
        };
        if let Some(target) = &self.save_to {
            let name = if branch.name.is_empty() { branch.id.as_str() } else { &branch.name };
            cx.set(target, name.into())?;
        }
        Ok(Flow::Exit(branch.id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    fn split(sticky: bool) -> serde_json::Value {
        json!({"branches": [{"id": "a", "share": 3}, {"id": "b"}, {"id": "never", "share": 0}], "sticky": sticky})
    }

    #[test]
    fn branches_are_taken_by_their_shares() {
        let mut taken = std::collections::BTreeMap::new();
        for run in 0..1000 {
            let mut bench = Bench::new(split(false));
            bench.in_run(run);
            *taken.entry(bench.step::<RandomSplit>(None)).or_insert(0) += 1;
        }
        let of = |exit: &str| taken.get(exit).copied().unwrap_or_default();
        assert_eq!(of("exit never"), 0);
        assert_eq!(of("exit a") + of("exit b"), 1000);
        assert!((700..800).contains(&of("exit a")), "{taken:?}");
    }

    #[test]
    fn a_repeated_step_draws_the_same() {
        let drawn = || Bench::new(split(false)).step::<RandomSplit>(None);
        assert_eq!(drawn(), drawn());
    }

    #[test]
    fn a_sticky_branch_belongs_to_the_subscriber() {
        let drawn = |sticky, subscriber: &str, run| {
            let mut bench = Bench::new(split(sticky));
            bench.become_subscriber(subscriber);
            bench.in_run(run);
            bench.step::<RandomSplit>(None)
        };
        let mut all = std::collections::BTreeSet::new();
        for subscriber in (0..40).map(|number| number.to_string()) {
            let first = drawn(true, &subscriber, 1);
            for run in 2..10 {
                assert_eq!(drawn(true, &subscriber, run), first, "subscriber {subscriber}, run {run}");
            }
            all.insert(first);
        }
        assert_eq!(all.len(), 2, "subscribers differ");
        let loose: std::collections::BTreeSet<_> = (1..40).map(|run| drawn(false, "7", run)).collect();
        assert_eq!(loose.len(), 2, "without it the runs differ");
    }

    #[test]
    fn the_branch_can_be_kept() {
        let mut bench = Bench::new(json!({
            "branches": [{"id": "x", "name": "Short text"}, {"id": "y", "share": 0}], "save_to": "client.ab",
        }));
        assert_eq!(bench.step::<RandomSplit>(None), "exit x");
        assert_eq!(bench.client("ab"), json!("Short text"));
    }

    #[test]
    fn without_shares_nothing_can_be_drawn() {
        let mut bench = Bench::new(json!({"branches": [{"id": "x", "share": 0}]}));
        assert_eq!(bench.fail::<RandomSplit>(None).code, "no_shares");
    }
}
