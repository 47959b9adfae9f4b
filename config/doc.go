// Package config is the settings of the control plane: one name each, as a flag (--registry-url), in the environment
// (INFLECT_REGISTRY_URL) and in a YAML file (registry-url). A flag beats the environment, which beats the file.
//
// Secrets have no flag, because command lines are public: they come from the environment or, by the name with -file
// behind it, from a file. [Settings.Redacted] is what may be shown.
package config
