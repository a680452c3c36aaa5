#include <iostream>

#include "movrec/cli/run.hpp"

int main(int argc, char** argv) {
  return movrec::cli::run(argc, argv, std::cin, std::cout, std::cerr);
}
