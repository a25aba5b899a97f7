//! Who may ask.

use std::net::IpAddr;

use subtle::ConstantTimeEq;

use super::request::Request;
use super::response::Response;

/// A token of fewer bytes can be guessed.
pub(super) const SHORTEST_TOKEN: usize = 16;

/// The cookie that the page's own requests carry the token in.
const COOKIE: &str = "perf_token";

/// Who may ask.
#[derive(Clone, Default)]
pub(crate) struct Access {
    /// What is to be known by who asks.
    pub(super) token: Option<String>,
    /// Names that this may be asked by, beside addresses and `localhost`.
    pub(super) hosts: Vec<String>,
}

impl Access {
    /// Nothing, if the request may be answered; and else what it is answered instead.
    pub(crate) fn refuse(&self, request: &Request) -> Option<Response> {
        if let Some(host) = &request.host
            && !self.knows(host)
        {
            let text = format!(
                "{} is no name of this program: `allow_host` makes it one. Names that are not known may be \
                 those of pages that want to read what they should not.",
                host.chars().take(200).collect::<String>().escape_default()
            );
            return Some(Response::text(403, &text));
        }
        let Some(token) = &self.token else { return None };
        if let Some(given) = request.parameter("token") {
            // In base64 there are pluses, which stand for spaces in a query; a token has no space.
            if !is_same(&given.replace(' ', "+"), token) {
                return Some(unknown());
            }
            // Out of the address, which is seen and kept, and into a cookie, which is not. `Strict` would leave out whoever
            // follows a link from elsewhere; what pages elsewhere ask for by themselves, and all that does something, has
            // no cookie so either.
            let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/");
            let is_page = request.path == "/";
            return is_page.then(|| Response::text(303, "./").with("location", "./").with("set-cookie", cookie));
        }
        let bearer = request.authorization.as_deref().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let cookies = request.cookie.as_deref().unwrap_or_default().split(';');
        let cookie = cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE);
        let given = bearer.or(cookie.map(|(_, value)| value));
        if given.is_some_and(|given| is_same(given, token)) { None } else { Some(unknown()) }
    }

    /// A page elsewhere can have a name of its own lead here, but no address.
    fn knows(&self, host: &str) -> bool {
        let name = host_name(host);
        let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let is_local = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
        is_address || is_local || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Without the port.
fn host_name(host: &str) -> &str {
    match host.rfind(']') {
        Some(end) => &host[..=end],
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Takes as long wherever they differ.
fn is_same(given: &str, token: &str) -> bool {
    given.as_bytes().ct_eq(token.as_bytes()).into()
}

fn unknown() -> Response {
    Response::text(401, "a token is needed: `Authorization: Bearer …`, or once `/?token=…` in a browser")
        .with("www-authenticate", "Bearer")
}

#[cfg(test)]
mod tests {
    use super::super::request::Method;
    use super::*;

    const TOKEN: &str = "a-token-that-is-long";

    fn ask(host: Option<&str>) -> Request {
        Request {
            method: Method::Get,
            path: "/".to_owned(),
            query: Vec::new(),
            host: host.map(str::to_owned),
            authorization: None,
            cookie: None,
            accept: None,
            if_none_match: None,
            is_deliberate: false,
            is_kept_alive: true,
        }
    }

    fn status(access: &Access, request: &Request) -> Option<u16> {
        access.refuse(request).map(|response| response.status)
    }

    #[test]
    fn addresses_localhost_and_names_that_were_allowed_are_known() {
        let access = Access { hosts: vec!["metrics.example".to_owned()], token: None };
        for host in ["127.0.0.1:80", "[::1]:80", "[::1]", "10.0.0.7", "LOCALHOST:1", "a.localhost", "Metrics.Example:9"]
        {
            assert_eq!(status(&access, &ask(Some(host))), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "metrics.example.evil", ""] {
            assert_eq!(status(&access, &ask(Some(host))), Some(403), "{host}");
        }
        assert_eq!(status(&access, &ask(None)), None);
    }

    #[test]
    fn the_token_may_be_a_header_or_a_cookie() {
        let access = Access { token: Some(TOKEN.to_owned()), ..Access::default() };
        let bearer = |text: &str| Request { authorization: Some(text.to_owned()), ..ask(None) };
        let cookie = |text: &str| Request { cookie: Some(text.to_owned()), ..ask(None) };
        assert_eq!(status(&access, &ask(None)), Some(401));
        assert_eq!(status(&access, &bearer(&format!("Bearer {TOKEN}"))), None);
        assert_eq!(status(&access, &bearer(&format!("bearer {TOKEN}"))), None);
        assert_eq!(status(&access, &bearer(&format!("Basic {TOKEN}"))), Some(401));
        assert_eq!(status(&access, &bearer("Bearer ")), Some(401));
        assert_eq!(status(&access, &cookie(&format!("a=b; perf_token={TOKEN}"))), None);
        assert_eq!(status(&access, &cookie("perf_token=another-that-is-long")), Some(401));
    }

    #[test]
    fn a_token_in_the_address_becomes_a_cookie() {
        let access = Access { token: Some(TOKEN.to_owned()), ..Access::default() };
        let given = |token: &str| Request { query: vec![("token".to_owned(), token.to_owned())], ..ask(None) };
        let answer = access.refuse(&given(TOKEN)).unwrap();
        assert_eq!(answer.status, 303);
        let cookie = &answer.headers.iter().find(|(name, _)| *name == "set-cookie").unwrap().1;
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert_eq!(status(&access, &given("wrong")), Some(401));
    }
}
