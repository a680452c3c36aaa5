#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/app/run_settings.hpp"
#include "movrec/core/field.hpp"
#include "movrec/model/common/model_options.hpp"

namespace movrec::cli {

/// Flags of every command.
struct GlobalOptions {
  std::string config;
  std::string runs_dir = "runs";
  std::string device = "auto";
  std::int64_t threads = 0;
  bool json = false;
  bool quiet = false;
  bool verbose = false;

  RunSettings settings() const { return {.runs_dir = runs_dir, .device = device, .threads = threads}; }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "config", .help = "read options from a TOML file", .value_name = "FILE"},
          self.config);
    visit(Field{.name = "runs-dir", .help = "where runs are written and looked for", .value_name = "DIR"},
          self.runs_dir);
    visit(Field{.name = "device", .help = "auto, cpu, cuda or cuda:N"}, self.device);
    visit(Field{.name = "threads",
                .help = "CPU threads (0: all that this process may use)",
                .min = 0,
                .max = 4096},
          self.threads);
    visit(Field{.name = "json", .help = "print one JSON document on stdout"}, self.json);
    visit(Field{.name = "quiet", .help = "print results only"}, self.quiet);
    visit(Field{.name = "verbose", .help = "print details"}, self.verbose);
  }
};

/// Where an option's value came from, weakest first.
enum class Origin { standard, config, environment, flag };

/// What a command's action is given. Precedence: flag > environment > config > default.
class Invocation {
 public:
  virtual ~Invocation() = default;
  GlobalOptions global;
  std::string program;          ///< as it was called: what starts this program again
  std::istream* in = nullptr;   ///< what a person answers
  std::ostream* out = nullptr;  ///< results
  std::ostream* err = nullptr;  ///< everything else; the console logs to the same place

  /// Where the value of the option `name` came from. Error if no such option was bound.
  virtual Origin origin(std::string_view name) const = 0;
  /// "--layers" or "recipe.toml:12 (layers)", for errors.
  virtual std::string origin_text(std::string_view name) const = 0;
};

using Action = std::function<int(Invocation&)>;

/// What `--help` says of the options that only some models have.
struct ModelHelp {
  std::shared_ptr<ModelOptions> options;  ///< of the model that is asked for
  bool has_defaults = true;               ///< else they are of no one model
  std::string note{};                     ///< where to read on
};
using ModelHelpOf = std::function<ModelHelp(const Invocation&)>;

/// Declares flags. Options structs are bound by reference and hold their final values when the action runs;
/// declare keeps them alive by capturing a shared_ptr in the action.
class FlagSet {
 public:
  virtual ~FlagSet() = default;
  /// The title in `--help` over the flags that follow; empty: what their structs say.
  virtual void group(std::string title) = 0;
  virtual void add(const OptionRef&) = 0;
  template <class Options>
  void bind(Options& options) {
    for (const OptionRef& ref : option_refs(options)) add(ref);
  }
  /// Options that only some models have: all are accepted, and in help stand those that `help` gives.
  virtual void add_of_models(const OptionRefs&, ModelHelpOf help) = 0;
  /// A positional argument; a list takes all that remain.
  virtual void add_positional(const OptionRef&, bool required) = 0;
  /// Text under the flags in `--help`: examples.
  virtual void set_footer(std::string text) = 0;
};

/// One row of the command table: a name, a summary, and a function that declares flags and returns the
/// action. A command with children (`data`) has no action of its own.
struct Command {
  std::string_view name, summary;
  Action (*declare)(FlagSet&) = nullptr;
  std::span<const Command> children{};
};

std::span<const Command> commands();

}  // namespace movrec::cli
