//! What may be done from outside, where somebody said so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::request::{Method, Request};
use super::response::Response;

/// What a control does. What it says is shown to who asked.
pub(super) type Action = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// What may be done, by name.
#[derive(Clone, Default)]
pub(crate) struct Controls(pub(super) Vec<(String, Action)>);

impl Controls {
    pub(super) fn answer(&self, path: &str, request: &Request) -> Response {
        let Some(name) = path.strip_prefix("/control/") else {
            return Response::text(405, "only GET and HEAD are answered here").with("allow", "GET, HEAD");
        };
        let Some((_, action)) = self.0.iter().find(|(known, _)| known == name) else {
            return Response::text(404, "nothing of that name may be done: `Builder::control` lets it");
        };
        if request.method != Method::Post {
            return Response::text(405, "this does something: ask by POST").with("allow", "POST");
        }
        if !request.is_deliberate {
            // A form of a foreign page can post, but sets no headers.
            return Response::text(403, "this does something: send the header `X-Perf-Control: 1` too");
        }
        // Whoever asks after that is to be answered too.
        match catch_unwind(AssertUnwindSafe(|| action())) {
            Ok(Ok(said)) => Response::text(200, &said),
            Ok(Err(said)) => Response::text(500, &said),
            Err(_) => Response::text(500, "it panicked"),
        }
    }
}
