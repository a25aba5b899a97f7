//! Whose certificates are believed: those of well-known authorities, or of those in a file.

use std::path::Path;

use ureq::tls::{PemItem, RootCerts, parse_pem};

use super::Error;

/// The certificates in a file in PEM.
pub(super) fn roots(path: &Path, written: &str) -> Result<RootCerts, Error> {
    let wrong =
        |what: String| Error::Certificate(format!("the certificate file {} ({written}) {what}", path.display()));
    let text = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(wrong(
            "has no certificate: write the authority's in PEM (`-----BEGIN CERTIFICATE-----`)".to_owned(),
        ));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
