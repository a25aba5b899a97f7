//! What is answered.

use std::fmt::Write;
use std::sync::Arc;

use super::topic::Topic;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Headers beyond those that every answer has.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Arc<[u8]>,
    /// Whether more follows for as long as somebody listens.
    pub(crate) stream: Option<Topic>,
}

/// What pages that have no scripts may do: nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

impl Response {
    pub(crate) fn new(content_type: &'static str, body: impl Into<Arc<[u8]>>) -> Self {
        Self { status: 200, content_type, headers: Vec::new(), body: body.into(), stream: None }
    }

    /// A few words: what is wrong, and what to do.
    pub(crate) fn text(status: u16, text: &str) -> Self {
        let body: Arc<[u8]> = format!("{text}\n").into_bytes().into();
        Self { status, ..Self::new("text/plain; charset=utf-8", body) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// All headers. Nothing is to be guessed, kept, framed, or read by other pages.
    pub(crate) fn all_headers(&self) -> Vec<(&'static str, &str)> {
        let mut all = vec![
            ("content-type", self.content_type),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ];
        for (name, usual) in [("cache-control", "no-store"), ("content-security-policy", NOTHING)] {
            if !self.headers.iter().any(|(own, _)| *own == name) {
                all.push((name, usual));
            }
        }
        all.extend(self.headers.iter().map(|(name, value)| (*name, value.as_str())));
        all
    }

    /// The head, as it goes over the wire.
    pub(super) fn head(&self, is_kept_alive: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in self.all_headers() {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.stream.is_none() {
            let _ = write!(head, "content-length: {}\r\n", self.body.len());
        }
        head += if is_kept_alive && self.stream.is_none() {
            "connection: keep-alive\r\n\r\n"
        } else {
            "connection: close\r\n\r\n"
        };
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        303 => "See Other",
        300 => "Multiple Choices",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}
