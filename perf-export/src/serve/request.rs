//! What is asked: the head of a request, and no more than that.

/// A head that is longer is refused: browsers' are of some hundred bytes.
pub(super) const LONGEST_HEAD: usize = 8 * 1024;

/// So many headers at most.
const MOST_HEADERS: usize = 64;

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    Post,
    Other,
}

/// What is asked, by whomever.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Without the query.
    pub(crate) path: String,
    /// Names and values, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) host: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) accept: Option<String>,
    /// What browsers send along when they know the answer already.
    pub(crate) if_none_match: Option<String>,
    /// Whether it says that it comes from who may set headers, which no foreign page may.
    pub(crate) is_deliberate: bool,
    /// Whether more may come on the same connection.
    pub(crate) is_kept_alive: bool,
}

impl Request {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is known after some bytes.
pub(super) enum Parsed {
    /// More is to come.
    Partial,
    /// It ends after so many bytes.
    Whole(Request, usize),
    /// It is none that is answered: a status and why.
    Refused(u16, &'static str),
}

/// Reads a head. Of what is refused nothing after it can be understood.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST_HEAD => return Parsed::Partial,
        Ok(httparse::Status::Partial) => return Parsed::Refused(431, "the head of the request is too long"),
        Err(httparse::Error::TooManyHeaders) => return Parsed::Refused(431, "the request has too many headers"),
        Err(_) => return Parsed::Refused(400, "this is no request of HTTP/1.1"),
    };
    let (path, query) = target(head.path.unwrap_or("/"));
    let mut request = Request {
        method: match head.method {
            Some("GET") => Method::Get,
            Some("HEAD") => Method::Head,
            Some("POST") => Method::Post,
            _ => Method::Other,
        },
        path,
        query,
        host: None,
        authorization: None,
        cookie: None,
        accept: None,
        if_none_match: None,
        is_deliberate: false,
        is_kept_alive: head.version == Some(1),
    };
    for header in head.headers {
        let Ok(value) = std::str::from_utf8(header.value) else { continue };
        let field = match header.name.to_ascii_lowercase().as_str() {
            // Two of them, and it would depend on who looks which is meant.
            "host" if request.host.is_some() => return Parsed::Refused(400, "the request has two hosts"),
            "host" => &mut request.host,
            "authorization" => &mut request.authorization,
            "cookie" => &mut request.cookie,
            "accept" => &mut request.accept,
            "if-none-match" => &mut request.if_none_match,
            "x-perf-control" => {
                request.is_deliberate = value.trim() == "1";
                continue;
            }
            "connection" => {
                let says = |what| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(what));
                request.is_kept_alive = !says("close") && (request.is_kept_alive || says("keep-alive"));
                continue;
            }
            "transfer-encoding" => return Parsed::Refused(413, "requests have no body here"),
            "content-length" if value.trim() != "0" => return Parsed::Refused(413, "requests have no body here"),
            _ => continue,
        };
        *field = Some(value.trim().to_owned());
    }
    Parsed::Whole(request, length)
}

/// Path and query of a target, which may be a whole address.
pub(crate) fn target(target: &str) -> (String, Vec<(String, String)>) {
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    (path.to_owned(), query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect())
}

/// Without percent signs and pluses that stand for something else.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
        match bytes[at] {
            b'%' => match hex(at + 1).zip(hex(at + 2)).map(|(high, low)| (high * 16 + low) as u8) {
                Some(byte) => {
                    out.push(byte);
                    at += 2;
                }
                None => out.push(b'%'),
            },
            b'+' => out.push(b' '),
            other => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> Request {
        match parse(text.as_bytes()) {
            Parsed::Whole(request, length) if length == text.len() => request,
            _ => panic!("{text:?} is no whole request"),
        }
    }

    fn refusal(text: &str) -> u16 {
        match parse(text.as_bytes()) {
            Parsed::Refused(status, _) => status,
            _ => panic!("{text:?} is not refused"),
        }
    }

    #[test]
    fn a_request_is_its_method_path_query_and_headers() {
        let request =
            whole("GET /function?name=a%3A%3Ab&q=x+y&flag HTTP/1.1\r\nHost: localhost:1\r\nAccept: a/b\r\n\r\n");
        assert_eq!((request.method, request.path.as_str()), (Method::Get, "/function"));
        assert_eq!(request.parameter("name"), Some("a::b"));
        assert_eq!(request.parameter("q"), Some("x y"));
        assert_eq!(request.parameter("flag"), Some(""));
        assert_eq!((request.host.as_deref(), request.accept.as_deref()), (Some("localhost:1"), Some("a/b")));
        assert!(request.is_kept_alive);
    }

    #[test]
    fn an_address_is_asked_for_as_its_path() {
        assert_eq!(whole("GET http://localhost/tree?x HTTP/1.1\r\n\r\n").path, "/tree");
        assert_eq!(whole("GET http://localhost HTTP/1.1\r\n\r\n").path, "/");
    }

    #[test]
    fn a_percent_sign_without_two_digits_behind_it_is_one() {
        for (written, meant) in
            [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%+f", "% f"), ("%-1", "%-1"), ("%C3%BC", "ü")]
        {
            assert_eq!(decoded(written), meant, "{written}");
        }
    }

    #[test]
    fn a_connection_is_kept_unless_it_is_old_or_told_to_close() {
        assert!(!whole("GET / HTTP/1.0\r\n\r\n").is_kept_alive);
        assert!(whole("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").is_kept_alive);
        assert!(!whole("GET / HTTP/1.1\r\nConnection: close, x\r\n\r\n").is_kept_alive);
    }

    #[test]
    fn bodies_two_hosts_and_what_is_no_http_are_refused() {
        assert_eq!(refusal("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde"), 413);
        assert_eq!(refusal("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 413);
        assert_eq!(refusal("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
        assert_eq!(refusal("\u{16}\u{3}\u{1}TLS"), 400);
        assert_eq!(refusal(&format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(LONGEST_HEAD))), 431);
        assert_eq!(refusal(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100))), 431);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(&bytes);
            target(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn what_was_encoded_comes_out_as_it_was(text in ".{0,40}") {
            let encoded = text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"));
            prop_assert_eq!(decoded(&encoded), text);
        }
    }
}
