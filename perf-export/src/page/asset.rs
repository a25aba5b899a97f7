use std::fmt::Write;
use std::hash::Hasher;

/// One of the page's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// For the header of that name.
    pub content_type: &'static str,
    /// What it is.
    pub bytes: &'static [u8],
    /// For the header `ETag`, quotes included: other bytes have another one.
    pub etag: String,
}

/// For the header `Content-Security-Policy`: files and data from where the page came from, and nothing else, nor any
/// script or style within the page itself.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The file at a path, without what follows a `?`; none where there is no such file.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let (content_type, bytes): (_, &[u8]) = match path {
        "/" => ("text/html; charset=utf-8", include_bytes!("dist/index.html")),
        "/page/app.js" => ("text/javascript; charset=utf-8", include_bytes!("dist/app.js")),
        "/page/app.css" => ("text/css; charset=utf-8", include_bytes!("dist/app.css")),
        "/page/icon.svg" => ("image/svg+xml", include_bytes!("dist/icon.svg")),
        _ => return None,
    };
    Some(Asset { content_type, bytes, etag: etag(bytes) })
}

/// The same for the same bytes in every build: the hash's keys are constant.
fn etag(bytes: &[u8]) -> String {
    let mut etag = String::from('"');
    for seed in [0_u8, 1] {
        let mut hash = std::hash::DefaultHasher::new();
        hash.write_u8(seed);
        hash.write(bytes);
        let _ = write!(etag, "{:016x}", hash.finish());
    }
    etag.push('"');
    etag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_page_names_is_there() {
        let page = std::str::from_utf8(asset("/").unwrap().bytes).unwrap();
        let mut named = 0;
        for part in page.split('"').filter(|part| part.starts_with("page/")) {
            assert!(asset(&format!("/{part}")).is_some(), "{part}");
            named += 1;
        }
        assert_eq!(named, 3, "script, style and icon");
        assert_eq!(asset("/page/app.js?1"), asset("/page/app.js"));
        assert_eq!(asset("/page/../Cargo.toml"), None);
    }

    #[test]
    fn files_differ_in_their_etags() {
        let etags = ["/", "/page/app.js", "/page/app.css", "/page/icon.svg"].map(|path| asset(path).unwrap().etag);
        for (at, etag) in etags.iter().enumerate() {
            assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() == 34, "{etag}");
            assert!(!etags[..at].contains(etag));
        }
    }
}
