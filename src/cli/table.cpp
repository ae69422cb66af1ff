#include "cli/table.h"

#include <algorithm>
#include <ctime>
#include <vector>

namespace sendonce::cli {
namespace {

using http::JsonField;
using http::JsonValue;
using Kind = http::JsonValue::Kind;

constexpr size_t kMaxCellBytes = 72;  // a txid has 64
constexpr size_t kShownOfCut = 32;
constexpr size_t kIndent = 2;
constexpr std::string_view kGap = "  ";
constexpr int64_t kFirstPlausibleTimeMs =
    100'000'000'000;  // 1973: less is no time, whatever its name

bool IsTime(std::string_view name) {
  return name == "at" || name.ends_with("_at") || name.ends_with("since") || name == "not_after";
}

void AppendEscaped(char c, std::string& text) {
  constexpr const char* kHexDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) {
    text += c;
    return;
  }
  text += "\\x";
  text += kHexDigits[byte >> 4];
  text += kHexDigits[byte & 15];
}

std::string NumberText(std::string_view name, const JsonValue& value) {
  const auto integer = IsTime(name) ? http::PlainInteger(value) : std::nullopt;
  return integer && *integer >= kFirstPlausibleTimeMs ? UtcText(*integer) : value.text;
}

// In one line, whatever it is.
std::string Inline(std::string_view name, const JsonValue& value) {
  std::string text;
  switch (value.kind) {
    case Kind::kNull:
      return "-";
    case Kind::kBool:
      return value.boolean ? "yes" : "no";
    case Kind::kNumber:
      return NumberText(name, value);
    case Kind::kString:
      return Printable(value.text);
    case Kind::kArray:
      for (const JsonValue& item : value.items) {
        text += (text.empty() ? "" : ", ") + Inline("", item);
      }
      return '[' + text + ']';
    case Kind::kObject:
      break;
  }
  for (const JsonField& field : value.fields) {
    text +=
        (text.empty() ? "" : " ") + Printable(field.name) + '=' + Inline(field.name, field.value);
  }
  return '{' + text + '}';
}

std::string Cell(std::string_view name, const JsonValue& value) {
  std::string text = Inline(name, value);
  if (text.size() > kMaxCellBytes && value.kind == Kind::kString) {
    text = text.substr(0, kShownOfCut) + "... (" + std::to_string(text.size()) + " characters)";
  }
  return text;
}

bool HasObjects(const JsonValue& value) {
  return value.kind == Kind::kArray && !value.items.empty() &&
         std::all_of(value.items.begin(), value.items.end(),
                     [](const JsonValue& item) { return item.kind == Kind::kObject; });
}

bool IsBlock(const JsonValue& value) {
  return HasObjects(value) || (value.kind == Kind::kObject && !value.fields.empty());
}

void AppendPadded(std::string_view text, size_t width, std::string& line) {
  line += text;
  line.append(width > text.size() ? width - text.size() : 0, ' ');
  line += kGap;
}

void AppendLine(std::string line, std::string& out) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

// --- lists of objects

// The names that all of them have and that no row shows as a block: the columns.
std::vector<std::string> CommonNames(const std::vector<JsonValue>& rows) {
  std::vector<std::string> names;
  for (const JsonField& field : rows.front().fields) {
    const bool everywhere = std::all_of(rows.begin(), rows.end(), [&](const JsonValue& row) {
      const JsonValue* value = http::FindField(row, field.name);
      return value != nullptr && !IsBlock(*value);
    });
    if (everywhere) names.push_back(field.name);
  }
  return names;
}

std::string Details(const JsonValue& row, const std::vector<std::string>& names) {
  std::string text;
  for (const JsonField& field : row.fields) {
    if (std::find(names.begin(), names.end(), field.name) != names.end()) continue;
    text += (text.empty() ? "" : " ") + Printable(field.name) + '=' + Cell(field.name, field.value);
  }
  return text;
}

void AppendRows(const std::vector<JsonValue>& rows, size_t indent, std::string& out) {
  const std::vector<std::string> names = CommonNames(rows);
  std::vector<std::vector<std::string>> lines{names};
  lines.front().emplace_back();  // the details have no name
  for (const JsonValue& row : rows) {
    std::vector<std::string> cells;
    cells.reserve(names.size() + 1);
    for (const std::string& name : names) cells.push_back(Cell(name, *http::FindField(row, name)));
    cells.push_back(Details(row, names));
    lines.push_back(std::move(cells));
  }
  for (const auto& cells : lines) {
    std::string line(indent, ' ');
    for (size_t column = 0; column < cells.size(); ++column) {
      size_t width = 0;
      for (const auto& other : lines) width = std::max(width, other[column].size());
      AppendPadded(cells[column], width, line);
    }
    AppendLine(std::move(line), out);
  }
}

// --- objects

void AppendFields(const JsonValue& object, size_t indent, std::string& out);

void AppendBlock(const JsonValue& value, size_t indent, std::string& out) {
  if (value.kind == Kind::kObject) {
    AppendFields(value, indent, out);
  } else {
    AppendRows(value.items, indent, out);
  }
}

void AppendFields(const JsonValue& object, size_t indent, std::string& out) {
  size_t width = 0;
  for (const JsonField& field : object.fields) width = std::max(width, field.name.size());
  for (const JsonField& field : object.fields) {
    std::string line(indent, ' ');
    AppendPadded(Printable(field.name), width, line);
    if (!IsBlock(field.value)) line += Inline(field.name, field.value);
    AppendLine(std::move(line), out);
    if (IsBlock(field.value)) AppendBlock(field.value, indent + kIndent, out);
  }
}

}  // namespace

std::string TableOf(const JsonValue& object) {
  std::string out;
  const bool one_list =
      object.fields.size() == 1 && object.fields.front().value.kind == Kind::kArray;
  if (one_list && object.fields.front().value.items.empty()) return "none\n";
  if (one_list && HasObjects(object.fields.front().value)) {
    AppendRows(object.fields.front().value.items, 0, out);
  } else {
    AppendFields(object, 0, out);
  }
  return out;
}

std::string Printable(std::string_view text) {
  std::string printable;
  for (const char c : text) AppendEscaped(c, printable);
  return printable;
}

std::string UtcText(int64_t ms_since_1970) {
  const auto seconds = static_cast<std::time_t>(ms_since_1970 / 1'000);
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return std::to_string(ms_since_1970);
  char text[40];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(1'000 + ms_since_1970 % 1'000);
  fraction[0] = '.';
  return std::string(text, length) + fraction + 'Z';
}

}  // namespace sendonce::cli
