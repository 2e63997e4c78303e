//! `GET /l/{code}`: a tracked link. Where it leads was fixed when it was made; nothing in the request changes it.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use url::Url;

use crate::error::ApiError;
use crate::services::Services;

/// Whoever fetches a page to show what it is about has not visited it.
const PREVIEWERS: [&str; 9] =
    ["bot", "crawler", "spider", "preview", "facebookexternalhit", "whatsapp", "slurp", "curl", "wget"];

/// `GET /l/{code}`
pub async fn follow_link(
    services: web::Data<Services>,
    code: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let found = services.runtime.follow_link(code.into_inner(), is_person(&request)).await?;
    let target = found.and_then(|url| Url::parse(&url).ok());
    let target = target.filter(|url| matches!(url.scheme(), "http" | "https"));
    let target = target.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Found()
        .insert_header((header::LOCATION, target.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}

fn is_person(request: &HttpRequest) -> bool {
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.is_some_and(|agent| {
        let agent = agent.to_ascii_lowercase();
        !PREVIEWERS.iter().any(|known| agent.contains(known))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_people_visit() {
        let check = |agent: Option<&str>, expected: bool| {
            let mut request = TestRequest::default();
            if let Some(agent) = agent {
                request = request.insert_header((header::USER_AGENT, agent));
            }
            assert_eq!(is_person(&request.to_http_request()), expected, "{agent:?}");
        };
        check(Some("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"), true);
        check(Some("TelegramBot (like TwitterBot)"), false);
        check(Some("WhatsApp/2.23"), false);
        check(Some("curl/8.0"), false);
        check(None, false);
    }
}
