//! The REST API, version 1: one module per resource.
//!
//! Handlers take a [`crate::auth::Caller`], whose workspace binds every query. What a method may do is decided
//! before them (`auth::bearer`). Types here are the wire's own: rows of the store never go out as they are.

mod action_catalog;
mod bots;
mod files;
mod globals;
mod lists;
mod openapi;
mod people;
mod rows;
mod runs;
mod scenarios;
mod scripts;
mod staff;
mod webhooks;

use actix_web::web::{self, ServiceConfig};

pub use action_catalog::document_schema;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/openapi.json").get(openapi::get_openapi))
        .service(web::resource("/bots").get(bots::list_bots))
        .service(web::resource("/bots/{id:\\d+}/staff").get(staff::list_staff))
        .service(web::resource("/bots/{id:\\d+}/staff/link").post(staff::create_staff_link))
        .service(web::resource("/bots/{id:\\d+}/staff/{client:[^/]+}").delete(staff::remove_staff))
        .service(web::resource("/bots/{id:\\d+}/subscribers/{client:[^/]+}/runs").get(runs::list_runs))
        .service(web::resource("/runs/{id:\\d+}").get(runs::get_run))
        .service(web::resource("/scenarios").get(scenarios::list_scenarios).post(scenarios::create_scenario))
        .service(web::resource("/scenarios/{id:\\d+}").get(scenarios::get_scenario))
        .service(web::resource("/scenarios/{id:\\d+}/draft").put(scenarios::put_draft))
        .service(web::resource("/scenarios/{id:\\d+}/publish").post(scenarios::publish_scenario))
        .service(web::resource("/scenarios/{id:\\d+}/people").get(people::get_people))
        .service(web::resource("/scenarios/{id:\\d+}/counters").get(people::get_counters))
        .service(web::resource("/scenarios/{id:\\d+}/webhooks").get(webhooks::list_webhooks))
        .service(web::resource("/scripts/check").post(scripts::check_script))
        .service(web::resource("/lists").get(lists::list_lists))
        .service(web::resource("/lists/{id:\\d+}").get(lists::get_list))
        .service(web::resource("/lists/{id:\\d+}/rows").get(rows::list_rows).post(rows::add_row))
        .service(web::resource("/lists/{id:\\d+}/rows/query").post(rows::query_rows))
        .service(
            web::resource("/lists/{id:\\d+}/rows/{row:\\d+}")
                .get(rows::get_row)
                .patch(rows::edit_row)
                .delete(rows::delete_row),
        )
        .service(web::resource("/globals").get(globals::list_globals))
        .service(
            web::resource("/globals/{name}")
                .get(globals::get_global)
                .put(globals::set_global)
                .delete(globals::delete_global),
        )
        .service(web::resource("/globals/{name}/increment").post(globals::increment_global))
        .service(web::resource("/files").get(files::list_files))
        .service(
            web::resource("/files/{name}")
                .get(files::get_file)
                .put(files::put_file)
                .delete(files::delete_file),
        )
        .service(web::resource("/action-catalog").get(action_catalog::get_action_catalog))
        .service(web::resource("/schema").get(action_catalog::get_schema));
}
