package smi

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// fields are what --query-gpu knows, with the unit that a header carries.
var fields = map[string]struct {
	unit  string
	value func(number int, one card) string
}{
	"index":            {"", func(number int, _ card) string { return strconv.Itoa(number) }},
	"name":             {"", func(_ int, one card) string { return one.Product }},
	"gpu_name":         {"", func(_ int, one card) string { return one.Product }},
	"uuid":             {"", func(_ int, one card) string { return one.Card }},
	"gpu_uuid":         {"", func(_ int, one card) string { return one.Card }},
	"memory.total":     {"MiB", func(_ int, one card) string { return strconv.Itoa(one.CardMemory) }},
	"memory.used":      {"MiB", func(int, card) string { return "0" }},
	"memory.free":      {"MiB", func(_ int, one card) string { return strconv.Itoa(one.CardMemory) }},
	"driver_version":   {"", func(_ int, one card) string { return one.Driver }},
	"count":            {"", nil},
	"mig.mode.current": {"", func(_ int, one card) string { return migMode(one) }},
}

func migMode(one card) string {
	if len(one.parts) > 0 {
		return "Enabled"
	}
	return "Disabled"
}

// query answers --query-gpu=… --format=csv[,noheader][,nounits].
func query(out io.Writer, devices []Device, arguments []string) int {
	names := strings.Split(strings.TrimPrefix(arguments[0], "--query-gpu="), ",")
	format := []string{}
	for _, argument := range arguments[1:] {
		format = append(format, strings.Split(strings.TrimPrefix(argument, "--format="), ",")...)
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if _, known := fields[names[i]]; !known {
			fmt.Fprintf(out, "Field %q is not a valid field to query.\n", names[i])
			return 2
		}
	}
	if !slices.Contains(format, "csv") {
		fmt.Fprintln(out, `"--format=" switch is missing. Please use "--format=csv" (simulated).`)
		return 2
	}
	bare := slices.Contains(format, "nounits")
	if !slices.Contains(format, "noheader") {
		fmt.Fprintln(out, row(names, func(name string) string { return header(name, bare) }))
	}
	cards := group(devices)
	for number, one := range cards {
		fmt.Fprintln(out, row(names, func(name string) string { return cell(name, number, one, len(cards), bare) }))
	}
	return 0
}

func row(names []string, text func(string) string) string {
	cells := make([]string, len(names))
	for i, name := range names {
		cells[i] = text(name)
	}
	return strings.Join(cells, ", ")
}

func header(name string, bare bool) string {
	if unit := fields[name].unit; unit != "" && !bare {
		return name + " [" + unit + "]"
	}
	return name
}

func cell(name string, number int, one card, count int, bare bool) string {
	field := fields[name]
	if field.value == nil {
		return strconv.Itoa(count)
	}
	if field.unit != "" && !bare {
		return field.value(number, one) + " " + field.unit
	}
	return field.value(number, one)
}
