//! `GET /api/v1/openapi.json`

use actix_web::HttpResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    action_catalog, bots, files, globals, lists, people, rows, runs, scenarios, scripts, staff, webhooks,
};
use crate::auth::Caller;
use crate::error::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Scenaria",
        version = "1",
        description = "Bots, scenarios, lists, global variables and files of one workspace. Failures are RFC 9457 \
                       problem documents with a stable `code`.",
        license(name = "MIT OR Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    paths(
        bots::list_bots,
        staff::list_staff,
        staff::create_staff_link,
        staff::remove_staff,
        runs::list_runs,
        runs::get_run,
        scenarios::list_scenarios,
        scenarios::create_scenario,
        scenarios::get_scenario,
        scenarios::put_draft,
        scenarios::publish_scenario,
        people::get_people,
        people::get_counters,
        webhooks::list_webhooks,
        scripts::check_script,
        lists::list_lists,
        lists::get_list,
        rows::list_rows,
        rows::query_rows,
        rows::add_row,
        rows::get_row,
        rows::edit_row,
        rows::delete_row,
        globals::list_globals,
        globals::get_global,
        globals::set_global,
        globals::increment_global,
        globals::delete_global,
        files::list_files,
        files::get_file,
        files::put_file,
        files::delete_file,
        action_catalog::get_action_catalog,
        action_catalog::get_schema,
    ),
    components(schemas(Problem)),
    modifiers(&Token),
    security(("token" = [])),
)]
pub struct Api;

struct Token;

impl Modify for Token {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A token `scn_…` made on the page API. Reading needs the scope `read`, all else `write`.",
            ))
            .build();
        let components = api.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// `GET /api/v1/openapi.json`
pub async fn get_openapi(_: Caller) -> HttpResponse {
    HttpResponse::Ok().json(Api::openapi())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_changes_only_on_purpose() {
        insta::assert_json_snapshot!("openapi", Api::openapi());
    }
}
