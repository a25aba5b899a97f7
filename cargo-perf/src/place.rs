//! Where a program can be asked.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::sockets;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// By HTTP; `base` is what comes before all paths, without a slash at its end.
    Http { host: String, port: u16, base: String },
    /// By HTTP over a Unix socket.
    Unix(PathBuf),
}

const FORMS: &str = "an address is `127.0.0.1:9898`, `http://host:9898`, a process id, or the path of a Unix socket";

impl Place {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if let Some(rest) = text.strip_prefix("https://") {
            let host = rest.split(['/', ':']).next().unwrap_or(rest);
            return Err(Error::new(
                format!("{text}: TLS is not spoken here"),
                format!("forward the port, `ssh -L 9898:127.0.0.1:9898 {host}`, and give `127.0.0.1:9898` instead"),
            ));
        }
        if let Some(rest) = text.strip_prefix("http://") {
            let (authority, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            return authority_of(text, authority, Some(80), base.trim_end_matches('/'));
        }
        if text.contains('/') || Path::new(text).extension().is_some_and(|extension| extension == "sock") {
            return Ok(Self::Unix(text.strip_prefix("unix:").unwrap_or(text).into()));
        }
        match text.parse() {
            Ok(id) => of_process(id),
            Err(_) => authority_of(text, text, None, ""),
        }
    }
}

fn of_process(id: u32) -> Result<Place, Error> {
    if let Some(socket) = sockets::running().into_iter().find(|socket| socket.id == id) {
        return Ok(Place::Unix(socket.path));
    }
    Err(Error::new(
        format!("no process {id} of yours can be asked on this machine"),
        format!("if {id} is a port, write `:{id}`; if it is a process, it has to serve a socket: {}", sockets::HOW),
    ))
}

/// `host:port`, `[::1]:port`, or `:port` of this machine.
fn authority_of(text: &str, authority: &str, otherwise: Option<u16>, base: &str) -> Result<Place, Error> {
    let is_bare = authority.ends_with(']') || !authority.contains(':');
    let (host, port) = match authority.rsplit_once(':').filter(|_| !is_bare) {
        Some((host, port)) => (host, port.parse().ok()),
        None => (authority, otherwise),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    match port.filter(|_| host.chars().all(is_name)) {
        Some(port) => {
            let host = if host.is_empty() { "127.0.0.1" } else { host };
            Ok(Place::Http { host: host.to_owned(), port, base: base.to_owned() })
        }
        None => Err(Error::new(format!("`{text}` is neither a file nor an address"), FORMS)),
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { host, port, base } if host.contains(':') => write!(f, "http://[{host}]:{port}{base}"),
            Self::Http { host, port, base } => write!(f, "http://{host}:{port}{base}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// What a file is, where there is one.
pub(crate) enum Kind {
    File,
    Socket,
    Nothing,
}

pub(crate) fn kind_of(path: &Path) -> Kind {
    match std::fs::metadata(path) {
        Ok(metadata) if is_socket(&metadata) => Kind::Socket,
        Ok(_) => Kind::File,
        Err(_) => Kind::Nothing,
    }
}

#[cfg(unix)]
fn is_socket(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_socket(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_socket(_metadata: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, said) in [
            ("127.0.0.1:9898", "http://127.0.0.1:9898"),
            (":9898", "http://127.0.0.1:9898"),
            ("localhost:80", "http://localhost:80"),
            ("[::1]:9898", "http://[::1]:9898"),
            ("http://[::1]:9898/", "http://[::1]:9898"),
            ("http://shop", "http://shop:80"),
            ("http://shop:8080/in/perf/", "http://shop:8080/in/perf"),
            ("/run/perf/7.sock", "/run/perf/7.sock"),
            ("unix:/run/perf/7.sock", "/run/perf/7.sock"),
            ("7.sock", "7.sock"),
        ] {
            assert_eq!(Place::parse(text).unwrap().to_string(), said, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_what_one_is() {
        for (text, part) in [
            ("shop", "neither a file nor an address"),
            ("shop:http", "neither a file nor an address"),
            ("a b:80", "neither a file nor an address"),
            ("https://shop/x", "ssh -L 9898:127.0.0.1:9898 shop"),
            ("4294967295", "write `:4294967295`"),
        ] {
            let error = Place::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
