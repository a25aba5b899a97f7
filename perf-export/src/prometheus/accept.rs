//! Which of the formats a reader wants.

/// How metrics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus' text format 0.0.4, which all readers know and people can read.
    #[default]
    Text,
    /// `OpenMetrics` 1.0, with exemplars, and units where they are known.
    OpenMetrics,
    /// Prometheus' protocol buffers, length-delimited, with native histograms beside the classic ones.
    Protobuf,
}

impl Format {
    /// The one that an `Accept` header asks for: what has the highest `q`, and of several of the same what is named
    /// first, as Prometheus' own libraries choose. Text where there is no header, or nothing in it is known here.
    ///
    /// ```
    /// use perf_export::prometheus::Format;
    ///
    /// let accept = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// assert_eq!(Format::negotiate(Some(accept)), Format::OpenMetrics);
    /// assert_eq!(Format::negotiate(Some("text/html,*/*;q=0.8")), Format::Text);
    /// assert_eq!(Format::negotiate(None), Format::Text);
    /// ```
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        let (mut best, mut highest) = (Self::Text, 0.0);
        for wish in split_unquoted(accept.unwrap_or_default(), ',') {
            match wish_of(wish) {
                Some((format, quality)) if quality > highest => (best, highest) = (format, quality),
                _ => {}
            }
        }
        best
    }

    /// What the answer's `Content-Type` has to be.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}

/// One of the header's elements: a format that is known here, and its quality.
fn wish_of(wish: &str) -> Option<(Format, f64)> {
    let mut parts = split_unquoted(wish, ';').map(str::trim);
    let kind = parts.next()?.to_ascii_lowercase();
    let (mut quality, mut version, mut proto, mut encoding) = (1.0, None, None, None);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            // What is no number is no wish.
            "q" => quality = value.parse().ok().filter(|q| (0.0..=1.0).contains(q))?,
            "version" => version = Some(value),
            "proto" => proto = Some(value),
            "encoding" => encoding = Some(value),
            _ => {}
        }
    }
    let is = |said: Option<&str>, known: &str| said.is_none_or(|said| said == known);
    let format = match kind.as_str() {
        "application/openmetrics-text" if is(version, "1.0.0") => Format::OpenMetrics,
        "application/vnd.google.protobuf"
            if proto == Some("io.prometheus.client.MetricFamily") && encoding == Some("delimited") =>
        {
            Format::Protobuf
        }
        "text/plain" if is(version, "0.0.4") => Format::Text,
        "text/*" | "*/*" => Format::Text,
        _ => return None,
    };
    Some((format, quality))
}

/// What is between separators that are not in a quoted string.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_more_of_a_format_gets_it() {
        // What Prometheus sends: 2.42 with native histograms and without, 3 with both of its text formats.
        let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
        let open = "application/openmetrics-text;version=1.0.0";
        for (accept, format) in [
            (
                format!(
                    "{protobuf},{open};q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                ),
                Format::Protobuf,
            ),
            (
                format!(
                    "{open},application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                ),
                Format::OpenMetrics,
            ),
            (
                format!(
                    "{open};escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
                ),
                Format::OpenMetrics,
            ),
            (format!("{open};q=0.5, {protobuf};q=0.5"), Format::OpenMetrics),
            (format!("{open};q=0, text/plain"), Format::Text),
            (format!("{open};q=2"), Format::Text),
            (format!("{open};q=nonsense, {protobuf}; Q=0.1"), Format::Protobuf),
            ("application/openmetrics-text".into(), Format::OpenMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"".into(), Format::OpenMetrics),
            ("application/openmetrics-text;version=0.0.1".into(), Format::Text),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text".into(),
                Format::Text,
            ),
            ("text/x;a=\"q,application/openmetrics-text\", text/plain;q=0.1".into(), Format::Text),
            ("application/json".into(), Format::Text),
            (String::new(), Format::Text),
            (",;,=;q".into(), Format::Text),
        ] {
            assert_eq!(Format::negotiate(Some(&accept)), format, "{accept}");
        }
    }
}
