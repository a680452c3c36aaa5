#include "data/file_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

using namespace std::string_view_literals;

/// A kind of file, and the command that makes text of one; {0} stands for its path.
struct Foreign {
  std::string_view name;
  std::string_view command;
  std::string_view pandas_reader{};  ///< in place of the command: the function of pandas that reads it
};

constexpr Foreign kExcel = {"an Excel workbook", "", "read_excel"};
constexpr Foreign kOpenDocument = {"an OpenDocument spreadsheet", "", "read_excel"};
constexpr Foreign kFeather = {"a Feather (Arrow) file", "", "read_feather"};
constexpr Foreign kPickle = {"a Python pickle", "", "read_pickle"};
constexpr Foreign kNumpyArrays = {
    "a NumPy file of arrays",
    R"py(python3 -c "import numpy as np; z = np.load('{0}'); )py"
    R"py([np.savetxt('{0}.' + k + '.csv', z[k], fmt='%s', delimiter=',') for k in z]")py"};
constexpr Foreign kWebPage = {"a web page, not the data",
                              "download the file itself, and look into it: head '{0}'"};
constexpr Foreign kRData = {"an R data file",
                            R"r(Rscript -e "write.csv(get(load('{0}')), '{0}.csv', row.names=FALSE)")r"};
constexpr Foreign kUtf32 = {"text in UTF-32", "iconv -f UTF-32 -t UTF-8 '{0}' > '{0}.csv'"};
constexpr std::string_view kUnpack = "unpack it, and name the file of ratings: ‹data› FILE";

struct ByMagic {
  std::size_t offset;
  std::string_view magic;
  Foreign kind;
};
constexpr std::array kByMagic = {
    ByMagic{0, "PAR1", {"a Parquet file", "", "read_parquet"}},
    ByMagic{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", kExcel},
    ByMagic{0, "\x89HDF\r\n\x1A\n", {"an HDF5 file", "", "read_hdf"}},
    ByMagic{0, "FEA1", kFeather},
    ByMagic{0, "ARROW1", kFeather},
    ByMagic{0, "ORC\x0A", {"an ORC file", "", "read_orc"}},
    ByMagic{0, "Obj\x01", {"an Avro file", "avro-tools tojson '{0}' > '{0}.json'"}},
    ByMagic{0, "\x80\x02", kPickle},
    ByMagic{0, "\x80\x03", kPickle},
    ByMagic{0, "\x80\x04\x95", kPickle},
    ByMagic{0, "\x80\x05\x95", kPickle},
    ByMagic{
        0,
        "\x93NUMPY",
        {"a NumPy array",
         R"py(python3 -c "import numpy as np; np.savetxt('{0}.csv', np.load('{0}'), fmt='%s', delimiter=',')")py"}},
    ByMagic{0,
            "SQLite format 3\0"sv,
            {"an SQLite database", "sqlite3 -header -csv '{0}' 'select * from TABLE' > '{0}.csv'"}},
    ByMagic{0, "%PDF-", {"a PDF", "ask whoever made it for the table as csv"}},
    ByMagic{257, "ustar", {"a tar archive", "tar -xf '{0}', and name the file of ratings: ‹data› FILE"}},
    ByMagic{0, "7z\xBC\xAF\x27\x1C", {"a 7z archive", kUnpack}},
    ByMagic{0, "Rar!\x1A\x07", {"a rar archive", kUnpack}},
    ByMagic{0, "\x1F\x9D", {"compressed by compress", "zcat '{0}' > '{0}.csv'"}},
    ByMagic{0, "\x04\x22\x4D\x18", {"compressed by lz4", "lz4 -dc '{0}' > '{0}.csv'"}},
    ByMagic{0, "LZIP", {"compressed by lzip", "lzip -dc '{0}' > '{0}.csv'"}},
    ByMagic{0, "RDX2\n", kRData},
    ByMagic{0, "RDX3\n", kRData},
    ByMagic{0,
            "X\n\0\0\0"sv,
            {"an R object (rds)", R"r(Rscript -e "write.csv(readRDS('{0}'), '{0}.csv', row.names=FALSE)")r"}},
    ByMagic{0,
            "MATLAB 5.0 MAT-file",
            {"a MATLAB file", "octave --eval \"load('{0}'); csvwrite('{0}.csv', VARIABLE)\""}},
    ByMagic{0, "\xFF\xFE\0\0"sv, kUtf32},
    ByMagic{0, "\0\0\xFE\xFF"sv, kUtf32},
};

[[noreturn]] void refuse(const Foreign& kind, std::string_view file) {
  const std::string name = shown(file, kMostOfPath);
  const std::string command =
      kind.pandas_reader.empty()
          ? fmt::format(fmt::runtime(kind.command), name)
          : fmt::format(
                R"py(python3 -c "import pandas as pd; pd.{1}('{0}').to_csv('{0}.csv', index=False)")py", name,
                kind.pandas_reader);
  throw Error(ErrorKind::data, fmt::format("{} is {}: expected text", name, kind.name), {}, command);
}

bool is_web_page(std::string_view head) {
  const std::size_t begin = std::min(head.find_first_not_of(" \t\r\n"), head.size());
  std::string word(head.substr(begin, 14));
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word.starts_with("<!doctype html") || word.starts_with("<html");
}

}  // namespace

void refuse_foreign_kind(std::string_view head, std::string_view file) {
  for (const ByMagic& row : kByMagic)
    if (head.size() >= row.offset && head.substr(row.offset).starts_with(row.magic)) refuse(row.kind, file);
  if (is_web_page(head)) refuse(kWebPage, file);
}

void refuse_foreign_zip(std::span<const std::string> names, std::string_view file) {
  const auto holds = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  if (holds("workbook.xml") || holds("workbook.bin")) refuse(kExcel, file);
  if (holds("content.xml") && holds("mimetype")) refuse(kOpenDocument, file);
  if (!names.empty() &&
      std::ranges::all_of(names, [](std::string_view name) { return name.ends_with(".npy"); }))
    refuse(kNumpyArrays, file);
  if (holds("data.pkl")) refuse(kPickle, file);
}

}  // namespace movrec
