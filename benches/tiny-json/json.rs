// A JSON parser and printer in the smallest functions that one would write by hand. Each copy of it
// is made by its own `measured!`, which says what goes before every function.

/// Why a text is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// It ends too early.
    End,
    /// Something else stands there.
    Unexpected(usize),
    /// Deeper than anyone means it.
    Depth,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Integer(i64),
    String(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// A text, and how far it has been read.
pub(crate) struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
}

/// A text in the making.
pub(crate) struct Writer {
    out: String,
}

const DEEPEST: u32 = 128;

measured! {
    pub(crate) fn parse(text: &str) -> Result<Value, Error> {
        let mut parser = new_parser(text);
        let value = parse_value(&mut parser)?;
        skip_space(&mut parser);
        expect_end(&parser)?;
        Ok(value)
    }

    pub(crate) fn print(value: &Value) -> String {
        let mut writer = new_writer();
        write_value(&mut writer, value);
        finish(writer)
    }

    fn new_parser(text: &str) -> Parser<'_> {
        Parser { text: text.as_bytes(), at: 0, depth: 0 }
    }

    fn expect_end(parser: &Parser<'_>) -> Result<(), Error> {
        if is_at_end(parser) { Ok(()) } else { Err(unexpected(parser)) }
    }

    fn is_at_end(parser: &Parser<'_>) -> bool {
        parser.at >= parser.text.len()
    }

    fn unexpected(parser: &Parser<'_>) -> Error {
        if is_at_end(parser) { Error::End } else { Error::Unexpected(position(parser)) }
    }

    fn position(parser: &Parser<'_>) -> usize {
        parser.at
    }

    fn peek(parser: &Parser<'_>) -> Option<u8> {
        parser.text.get(parser.at).copied()
    }

    fn peek_or_end(parser: &Parser<'_>) -> Result<u8, Error> {
        peek(parser).ok_or(Error::End)
    }

    fn bump(parser: &mut Parser<'_>) {
        parser.at += 1;
    }

    fn next(parser: &mut Parser<'_>) -> Result<u8, Error> {
        let byte = peek_or_end(parser)?;
        bump(parser);
        Ok(byte)
    }

    fn eat(parser: &mut Parser<'_>, byte: u8) -> bool {
        let is_there = peek(parser) == Some(byte);
        if is_there {
            bump(parser);
        }
        is_there
    }

    fn expect(parser: &mut Parser<'_>, byte: u8) -> Result<(), Error> {
        if eat(parser, byte) { Ok(()) } else { Err(unexpected(parser)) }
    }

    fn expect_word(parser: &mut Parser<'_>, word: &[u8]) -> Result<(), Error> {
        for &byte in word {
            expect(parser, byte)?;
        }
        Ok(())
    }

    fn is_space(byte: u8) -> bool {
        matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
    }

    fn skip_space(parser: &mut Parser<'_>) {
        while peek(parser).is_some_and(is_space) {
            bump(parser);
        }
    }

    fn parse_value(parser: &mut Parser<'_>) -> Result<Value, Error> {
        skip_space(parser);
        match peek_or_end(parser)? {
            b'n' => parse_null(parser),
            b't' => parse_true(parser),
            b'f' => parse_false(parser),
            b'"' => parse_text(parser),
            b'[' => parse_array(parser),
            b'{' => parse_object(parser),
            _ => parse_number(parser),
        }
    }

    fn parse_null(parser: &mut Parser<'_>) -> Result<Value, Error> {
        expect_word(parser, b"null")?;
        Ok(Value::Null)
    }

    fn parse_true(parser: &mut Parser<'_>) -> Result<Value, Error> {
        expect_word(parser, b"true")?;
        Ok(Value::Bool(true))
    }

    fn parse_false(parser: &mut Parser<'_>) -> Result<Value, Error> {
        expect_word(parser, b"false")?;
        Ok(Value::Bool(false))
    }

    fn parse_text(parser: &mut Parser<'_>) -> Result<Value, Error> {
        parse_string(parser).map(Value::String)
    }

    fn enter(parser: &mut Parser<'_>) -> Result<(), Error> {
        parser.depth += 1;
        check_depth(parser)
    }

    fn check_depth(parser: &Parser<'_>) -> Result<(), Error> {
        if parser.depth > DEEPEST { Err(Error::Depth) } else { Ok(()) }
    }

    fn leave(parser: &mut Parser<'_>) {
        parser.depth -= 1;
    }

    fn parse_array(parser: &mut Parser<'_>) -> Result<Value, Error> {
        expect(parser, b'[')?;
        enter(parser)?;
        let mut items = Vec::new();
        if !ends_at_once(parser, b']') {
            loop {
                items.push(parse_value(parser)?);
                if !goes_on(parser, b']')? {
                    break;
                }
            }
        }
        leave(parser);
        Ok(Value::Array(items))
    }

    fn parse_object(parser: &mut Parser<'_>) -> Result<Value, Error> {
        expect(parser, b'{')?;
        enter(parser)?;
        let mut members = Vec::new();
        if !ends_at_once(parser, b'}') {
            loop {
                members.push(parse_member(parser)?);
                if !goes_on(parser, b'}')? {
                    break;
                }
            }
        }
        leave(parser);
        Ok(Value::Object(members))
    }

    fn ends_at_once(parser: &mut Parser<'_>, end: u8) -> bool {
        skip_space(parser);
        eat(parser, end)
    }

    fn goes_on(parser: &mut Parser<'_>, end: u8) -> Result<bool, Error> {
        skip_space(parser);
        if eat(parser, b',') {
            return Ok(true);
        }
        expect(parser, end)?;
        Ok(false)
    }

    fn parse_member(parser: &mut Parser<'_>) -> Result<(String, Value), Error> {
        let key = parse_key(parser)?;
        parse_colon(parser)?;
        Ok((key, parse_value(parser)?))
    }

    fn parse_key(parser: &mut Parser<'_>) -> Result<String, Error> {
        skip_space(parser);
        parse_string(parser)
    }

    fn parse_colon(parser: &mut Parser<'_>) -> Result<(), Error> {
        skip_space(parser);
        expect(parser, b':')
    }

    fn parse_string(parser: &mut Parser<'_>) -> Result<String, Error> {
        expect(parser, b'"')?;
        let mut text = String::new();
        loop {
            take_plain(parser, &mut text)?;
            if next(parser)? == b'"' {
                return Ok(text);
            }
            text.push(parse_escape(parser)?);
        }
    }

    fn take_plain(parser: &mut Parser<'_>, text: &mut String) -> Result<(), Error> {
        let start = position(parser);
        while is_plain(peek_or_end(parser)?) {
            bump(parser);
        }
        push_slice(parser, start, text)
    }

    fn is_plain(byte: u8) -> bool {
        byte >= 0x20 && byte != b'"' && byte != b'\\'
    }

    fn push_slice(parser: &Parser<'_>, start: usize, text: &mut String) -> Result<(), Error> {
        text.push_str(slice_from(parser, start)?);
        Ok(())
    }

    fn slice_from<'a>(parser: &Parser<'a>, start: usize) -> Result<&'a str, Error> {
        std::str::from_utf8(&parser.text[start..parser.at]).map_err(|_| Error::Unexpected(start))
    }

    fn parse_escape(parser: &mut Parser<'_>) -> Result<char, Error> {
        match next(parser)? {
            b'u' => parse_unicode(parser),
            byte => unescape(byte).ok_or(unexpected(parser)),
        }
    }

    fn unescape(byte: u8) -> Option<char> {
        match byte {
            b'n' => Some('\n'),
            b't' => Some('\t'),
            b'r' => Some('\r'),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{c}'),
            b'"' | b'\\' | b'/' => Some(byte as char),
            _ => None,
        }
    }

    fn parse_unicode(parser: &mut Parser<'_>) -> Result<char, Error> {
        let code = parse_hex4(parser)?;
        char::from_u32(code).ok_or(unexpected(parser))
    }

    fn parse_hex4(parser: &mut Parser<'_>) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            code = code * 16 + parse_hex(parser)?;
        }
        Ok(code)
    }

    fn parse_hex(parser: &mut Parser<'_>) -> Result<u32, Error> {
        let byte = next(parser)?;
        hex_value(byte).ok_or(unexpected(parser))
    }

    fn hex_value(byte: u8) -> Option<u32> {
        (byte as char).to_digit(16)
    }

    fn is_digit(byte: u8) -> bool {
        byte.is_ascii_digit()
    }

    fn parse_number(parser: &mut Parser<'_>) -> Result<Value, Error> {
        let start = position(parser);
        eat(parser, b'-');
        take_digits(parser)?;
        let is_fraction = take_fraction(parser)?;
        let has_exponent = take_exponent(parser)?;
        number_from(slice_from(parser, start)?, is_fraction || has_exponent).ok_or(Error::Unexpected(start))
    }

    fn take_digits(parser: &mut Parser<'_>) -> Result<(), Error> {
        take_digit(parser)?;
        while peek(parser).is_some_and(is_digit) {
            bump(parser);
        }
        Ok(())
    }

    fn take_digit(parser: &mut Parser<'_>) -> Result<(), Error> {
        if is_digit(peek_or_end(parser)?) {
            bump(parser);
            return Ok(());
        }
        Err(unexpected(parser))
    }

    fn take_fraction(parser: &mut Parser<'_>) -> Result<bool, Error> {
        if !eat(parser, b'.') {
            return Ok(false);
        }
        take_digits(parser)?;
        Ok(true)
    }

    fn take_exponent(parser: &mut Parser<'_>) -> Result<bool, Error> {
        if !(eat(parser, b'e') || eat(parser, b'E')) {
            return Ok(false);
        }
        take_sign(parser);
        take_digits(parser)?;
        Ok(true)
    }

    fn take_sign(parser: &mut Parser<'_>) {
        _ = eat(parser, b'+') || eat(parser, b'-');
    }

    fn number_from(text: &str, is_float: bool) -> Option<Value> {
        if is_float { float_from(text) } else { integer_from(text).or_else(|| float_from(text)) }
    }

    fn integer_from(text: &str) -> Option<Value> {
        text.parse().ok().map(Value::Integer)
    }

    fn float_from(text: &str) -> Option<Value> {
        text.parse().ok().map(Value::Number)
    }

    fn new_writer() -> Writer {
        Writer { out: String::new() }
    }

    fn finish(writer: Writer) -> String {
        writer.out
    }

    fn write_char(writer: &mut Writer, char: char) {
        writer.out.push(char);
    }

    fn write_raw(writer: &mut Writer, text: &str) {
        writer.out.push_str(text);
    }

    fn write_value(writer: &mut Writer, value: &Value) {
        match value {
            Value::Null => write_null(writer),
            Value::Bool(is_true) => write_bool(writer, *is_true),
            Value::Number(number) => write_number(writer, *number),
            Value::Integer(number) => write_integer(writer, *number),
            Value::String(text) => write_string(writer, text),
            Value::Array(items) => write_array(writer, items),
            Value::Object(members) => write_object(writer, members),
        }
    }

    fn write_null(writer: &mut Writer) {
        write_raw(writer, "null");
    }

    fn write_bool(writer: &mut Writer, is_true: bool) {
        write_raw(writer, if is_true { "true" } else { "false" });
    }

    fn write_number(writer: &mut Writer, number: f64) {
        use std::fmt::Write as _;
        _ = write!(writer.out, "{number:?}");
    }

    fn write_integer(writer: &mut Writer, number: i64) {
        if number < 0 {
            write_char(writer, '-');
        }
        write_digits(writer, number.unsigned_abs());
    }

    fn write_digits(writer: &mut Writer, number: u64) {
        if number >= 10 {
            write_digits(writer, number / 10);
        }
        write_digit(writer, number % 10);
    }

    fn write_digit(writer: &mut Writer, digit: u64) {
        write_char(writer, digit_char(digit));
    }

    fn digit_char(digit: u64) -> char {
        (b'0' + digit as u8) as char
    }

    fn write_string(writer: &mut Writer, text: &str) {
        write_quote(writer);
        let mut rest = text;
        while let Some(at) = next_special(rest) {
            write_raw(writer, &rest[..at]);
            write_escape(writer, rest.as_bytes()[at]);
            rest = &rest[at + 1..];
        }
        write_raw(writer, rest);
        write_quote(writer);
    }

    fn next_special(text: &str) -> Option<usize> {
        text.bytes().position(is_special)
    }

    fn is_special(byte: u8) -> bool {
        byte < 0x20 || byte == b'"' || byte == b'\\'
    }

    fn write_quote(writer: &mut Writer) {
        write_char(writer, '"');
    }

    fn write_escape(writer: &mut Writer, byte: u8) {
        write_char(writer, '\\');
        match escape_of(byte) {
            Some(letter) => write_char(writer, letter),
            None => write_hex4(writer, byte),
        }
    }

    fn escape_of(byte: u8) -> Option<char> {
        match byte {
            b'\n' => Some('n'),
            b'\t' => Some('t'),
            b'\r' => Some('r'),
            b'"' | b'\\' => Some(byte as char),
            _ => None,
        }
    }

    fn write_hex4(writer: &mut Writer, byte: u8) {
        write_raw(writer, "u00");
        write_char(writer, hex_char(byte >> 4));
        write_char(writer, hex_char(byte & 15));
    }

    fn hex_char(nibble: u8) -> char {
        char::from_digit(u32::from(nibble), 16).unwrap_or('0')
    }

    fn write_array(writer: &mut Writer, items: &[Value]) {
        write_char(writer, '[');
        for (index, item) in items.iter().enumerate() {
            write_comma(writer, index);
            write_value(writer, item);
        }
        write_char(writer, ']');
    }

    fn write_comma(writer: &mut Writer, index: usize) {
        if index > 0 {
            write_char(writer, ',');
        }
    }

    fn write_object(writer: &mut Writer, members: &[(String, Value)]) {
        write_char(writer, '{');
        for (index, (key, value)) in members.iter().enumerate() {
            write_comma(writer, index);
            write_member(writer, key, value);
        }
        write_char(writer, '}');
    }

    fn write_member(writer: &mut Writer, key: &str, value: &Value) {
        write_string(writer, key);
        write_colon(writer);
        write_value(writer, value);
    }

    fn write_colon(writer: &mut Writer) {
        write_char(writer, ':');
    }
}
