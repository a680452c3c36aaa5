#pragma once

#include "core/multiversion.hpp"
