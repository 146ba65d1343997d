//! JSON as far as the protocol needs it: whole numbers only, and nothing deeper than `DEPTH_MAX`.

use std::fmt;

const DEPTH_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(i64),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn parse(text: &str) -> Result<Json, Error> {
        let mut parser = Parser {
            rest: text,
            depth: 0,
        };
        let value = parser.value()?;
        parser.skip_space();
        match parser.rest {
            "" => Ok(value),
            _ => Err(Error("something follows the value")),
        }
    }

    /// A field of an object; `Null` where there is none.
    pub fn get(&self, name: &str) -> &Json {
        match self {
            Json::Object(fields) => fields
                .iter()
                .find(|(key, _)| key == name)
                .map_or(&Json::Null, |(_, value)| value),
            _ => &Json::Null,
        }
    }

    pub fn as_number(&self) -> Option<i64> {
        match self {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Json::String(text) => text,
            _ => "",
        }
    }

    pub fn as_array(&self) -> &[Json] {
        match self {
            Json::Array(elements) => elements,
            _ => &[],
        }
    }

    pub fn is_true(&self) -> bool {
        *self == Json::Bool(true)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Json {
        Json::Number(value as i64)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Json {
        Json::String(value.to_owned())
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(elements: Vec<T>) -> Json {
        Json::Array(elements.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Json {
        value.map_or(Json::Null, Into::into)
    }
}

/// `object! { "kind": "mapped", "frame": 3 }`
#[macro_export]
macro_rules! object {
    ($($name:literal : $value:expr),* $(,)?) => {
        $crate::json::Json::Object(vec![$(($name.to_owned(), $value.into())),*])
    };
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(number) => write!(f, "{number}"),
            Json::String(text) => write_string(f, text),
            Json::Array(elements) => {
                f.write_str("[")?;
                for (i, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Json::Object(fields) => {
                f.write_str("{")?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { "," })?;
                    write_string(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            c if c < ' ' => write!(f, "\\u{:04x}", c as u32)?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

/// Why a text is not JSON.
#[derive(Debug, PartialEq)]
pub struct Error(&'static str);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn take(&mut self, wanted: &str) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Result<Json, Error> {
        self.skip_space();
        if self.take("null") {
            return Ok(Json::Null);
        }
        if self.take("true") {
            return Ok(Json::Bool(true));
        }
        if self.take("false") {
            return Ok(Json::Bool(false));
        }
        match self.rest.as_bytes().first() {
            Some(b'"') => self.string().map(Json::String),
            Some(b'[') => self.list("[", "]", Parser::value).map(Json::Array),
            Some(b'{') => self.list("{", "}", Parser::field).map(Json::Object),
            _ => self.number(),
        }
    }

    fn field(&mut self) -> Result<(String, Json), Error> {
        self.skip_space();
        let name = self.string()?;
        self.skip_space();
        if !self.take(":") {
            return Err(Error("a field has no colon"));
        }
        Ok((name, self.value()?))
    }

    fn list<T>(
        &mut self,
        open: &str,
        close: &str,
        item: fn(&mut Parser<'a>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        if self.depth == DEPTH_MAX {
            return Err(Error("too deep"));
        }
        self.depth += 1;
        self.take(open);
        let mut items = Vec::new();
        self.skip_space();
        if !self.take(close) {
            loop {
                items.push(item(self)?);
                self.skip_space();
                if self.take(close) {
                    break;
                }
                if !self.take(",") {
                    return Err(Error("a list does not end"));
                }
            }
        }
        self.depth -= 1;
        Ok(items)
    }

    fn number(&mut self) -> Result<Json, Error> {
        let digits = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(self.rest.len() - digits.len() + count);
        self.rest = rest;
        if rest.starts_with(['.', 'e', 'E']) || (count > 1 && digits.starts_with('0')) {
            return Err(Error("not a whole number"));
        }
        number
            .parse()
            .map(Json::Number)
            .map_err(|_| Error("no value"))
    }

    fn string(&mut self) -> Result<String, Error> {
        if !self.take("\"") {
            return Err(Error("no string"));
        }
        let mut text = String::new();
        loop {
            let c = self.next()?;
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                c if c < ' ' => return Err(Error("a control character in a string")),
                c => text.push(c),
            }
        }
    }

    fn next(&mut self) -> Result<char, Error> {
        let mut chars = self.rest.chars();
        let c = chars.next().ok_or(Error("a string does not end"))?;
        self.rest = chars.as_str();
        Ok(c)
    }

    fn escape(&mut self) -> Result<char, Error> {
        Ok(match self.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut code = 0;
                for _ in 0..4 {
                    let digit = self.next()?.to_digit(16).ok_or(Error("a wrong escape"))?;
                    code = 16 * code + digit;
                }
                // Nothing in the protocol lies outside the basic plane.
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            c @ ('"' | '\\' | '/') => c,
            _ => return Err(Error("a wrong escape")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let value = object! {
            "text": "a \"b\" \\ \n é", "none": Json::Null, "all": vec![0_usize, 7], "is": true,
        };
        assert_eq!(Json::parse(&value.to_string()), Ok(value));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "01",
            "1.5",
            "\"",
            "\"\\x\"",
            "nul",
            "{\"a\" 1}",
            "1 2",
            "-",
        ] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        assert!(Json::parse(&"[".repeat(1_000_000)).is_err());
    }
}
