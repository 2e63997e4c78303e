//! The page of examples.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::layout::{Layout, show};
use crate::auth::Session;
use crate::error::ApiError;
use crate::examples::{self, Summary};
use crate::flash::see_other_with;
use crate::services::Services;

#[derive(Template)]
#[template(path = "examples.html")]
struct ExamplesPage {
    examples: Vec<Summary>,
    l: Layout,
}

/// `GET /examples`
pub async fn get_examples(_: Session, l: Layout) -> Result<HttpResponse, ApiError> {
    show(&ExamplesPage { examples: examples::summaries(l.texts.lang), l })
}

/// `POST /examples/{name}`
pub async fn post_example(
    services: web::Data<Services>,
    session: Session,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let installed = examples::install(&services, session.workspace, &name, session.lang).await?;
    let to = match installed.bot {
        Some(bot) => format!("/bots/{bot}"),
        None => format!("/scenarios/{}", installed.scenario),
    };
    Ok(see_other_with(&to, "flash-installed"))
}
