//! Where one kind of data is sent, and how.

use std::time::Duration;

use ureq::http::{HeaderName, HeaderValue, Uri};

use super::Error;

#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) url: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) timeout: Duration,
    pub(super) is_gzip: bool,
    /// Whose certificates are believed, where not those of well-known authorities.
    #[cfg(feature = "otlp-tls")]
    pub(super) roots: Option<ureq::tls::RootCerts>,
}

impl Target {
    /// Whether it is on this machine.
    pub(super) fn is_local(&self) -> bool {
        is_local(&self.url)
    }

    /// Its URL, as anybody may see it.
    pub(super) fn shown(&self) -> String {
        shown(&self.url)
    }
}

fn is_local(url: &str) -> bool {
    let uri: Uri = url.parse().unwrap_or_default();
    let host = uri.host().unwrap_or_default();
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

/// The URL of a signal below one that is for all of them, as the specification has it: the path is added to.
pub(super) fn below(base: &str, path: &str) -> String {
    let (base, query) = base.split_at(base.find('?').unwrap_or(base.len()));
    format!("{}/{path}{query}", base.trim_end_matches('/'))
}

/// A URL for logs: without what may be a secret, a password or a key in the query.
fn shown(url: &str) -> String {
    let shown = url.split('?').next().unwrap_or(url);
    let Some((scheme, rest)) = shown.split_once("://") else { return shown.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}{path}")
}

/// What cannot be an endpoint, said to whoever wrote it there.
pub(super) fn check(url: &str, written: &str) -> Result<(), Error> {
    let wrong = |what: &str, instead: &str| {
        Err(Error::Endpoint(format!("the endpoint {:?} ({written}) {what}: {instead}", shown(url))))
    };
    let example = "write a URL as `http://localhost:4318`";
    let Ok(uri) = url.parse::<Uri>() else { return wrong("is no URL", example) };
    match uri.scheme_str() {
        _ if uri.host().is_none_or(str::is_empty) => wrong("names no host", example),
        Some("http") => Ok(()),
        Some("https") if cfg!(feature = "otlp-tls") => Ok(()),
        Some("https") => {
            wrong("wants TLS", "turn on the feature `otlp-tls` of perf-export, or send to a collector nearby")
        }
        _ => wrong("is neither `http://` nor `https://`", example),
    }
}

/// A header as it is sent.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let wrong = |what: &str| Error::Header(format!("the header {name:?} {what}"));
    let known = HeaderName::try_from(name).map_err(|_| wrong("has a name that HTTP does not allow"))?;
    // Not shown: it may be a secret.
    let mut value = HeaderValue::try_from(value).map_err(|_| wrong("has a value that HTTP does not allow"))?;
    value.set_sensitive(true);
    Ok((known, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_added_to_what_is_for_all() {
        for (base, url) in [
            ("http://localhost:4318", "http://localhost:4318/v1/metrics"),
            ("http://localhost:4318/", "http://localhost:4318/v1/metrics"),
            ("http://collector/otlp/", "http://collector/otlp/v1/metrics"),
            ("http://collector/otlp?key=a/b", "http://collector/otlp/v1/metrics?key=a/b"),
        ] {
            assert_eq!(below(base, "v1/metrics"), url);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_said_with_where_it_was_written_and_what_to_write() {
        for url in ["localhost:4318", "", "ftp://host/", "http://", "http:///v1", "not a url", "/v1/metrics"] {
            let said = check(url, "OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_err().to_string();
            assert!(said.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && said.contains("http://localhost:4318"), "{said}");
        }
        assert!(check("http://localhost:4318/v1/metrics", "").is_ok());
        assert_eq!(check("https://collector", "").is_ok(), cfg!(feature = "otlp-tls"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let header = header("Authorization", "Bearer s3cret").unwrap();
        assert!(!format!("{header:?}").contains("s3cret"));
        assert!(super::header("a b", "").is_err());
        assert!(!super::header("a", "s3cret\n").unwrap_err().to_string().contains("s3cret"));
        assert_eq!(shown("http://user:s3cret@[::1]:4318/v1?key=s3cret"), "http://[::1]:4318/v1");
        assert_eq!(shown("http://collector/v1/metrics"), "http://collector/v1/metrics");
        assert_eq!(shown("no url"), "no url");
        assert!(!check("ftp://user:s3cret@host", "").unwrap_err().to_string().contains("s3cret"));
    }

    #[test]
    fn this_machine_is_known() {
        assert!(["http://localhost:1/", "http://127.0.0.1/v1", "http://[::1]:4318/"].into_iter().all(is_local));
        assert!(!["http://collector:1/", "http://10.0.0.1/", "http://[::2]/"].into_iter().any(is_local));
    }
}
