/* config_label: fine-grained labels (RFC 7172): which VLANs of a port stand for which, and those
 * that have ESADI. */
#include <stdlib.h>
#include <string.h>

#include "trill/config_internal.h"

/* A number of at most @most, up to *@end. */
static bool number_read(const char *text, unsigned long most, unsigned long *n, char **end)
{
	if (text[0] < '0' || text[0] > '9')
		return false;
	*n = strtoul(text, end, 0);
	return *n <= most;
}

/* "10=70000"; "20-29=70100": VLAN 20 stands for 70100, 29 for 70109. */
static bool mapping_read(const char *text, struct rbridge_mapping *m)
{
	unsigned long first, last, fgl;
	char *end;

	if (!number_read(text, VLAN_LAST, &first, &end))
		return false;
	last = first;
	if (*end == '-' && !number_read(end + 1, VLAN_LAST, &last, &end))
		return false;
	if (*end != '=' || !number_read(end + 1, FGL_LAST, &fgl, &end) || *end)
		return false;
	if (!first || last < first || last - first > FGL_LAST - fgl)
		return false;
	*m = (struct rbridge_mapping){.vlan = (uint16_t)first,
		.count = (uint16_t)(last - first + 1),
		.fgl = (uint32_t)fgl};
	return true;
}

const char *trill_config_want_mapping(const struct config_value *v)
{
	struct rbridge_mapping m;

	return mapping_read(v->text, &m) ? NULL
					 : "a VLAN and its label, like 10=70000, or ranges from "
					   "which on they stand for each other, like 20-29=70100; "
					   "labels are 0 to 16777215";
}

void trill_config_mappings_load(struct trill_config_port *port, const struct config_section *s)
{
	const struct config_value *v;
	size_t n;

	v = config_values(s, "labels", &n);
	for (size_t i = 0; i < n && port->mapping_count < RBRIDGE_MAPPINGS_MAX; i++)
		if (mapping_read(v[i].text, &port->mappings[port->mapping_count]))
			port->mapping_count++;
}

/* Mapping @i says of VLAN @vlan, or of label @fgl, what one before it says, too. */
static bool is_said(
	const struct trill_config_port *port, unsigned int i, uint32_t vlan, uint32_t fgl)
{
	for (unsigned int k = 0; k < i; k++) {
		const struct rbridge_mapping *m = &port->mappings[k];

		if (vlan - m->vlan < m->count || fgl - m->fgl < m->count)
			return true;
	}
	return false;
}

void trill_config_mappings_check(const struct trill_config_port *port,
	const struct config_section *s, struct config_mistakes *m)
{
	if (port->mapping_count && port->kind == TRILL_PORT_TRUNK)
		config_refuse(m, s, "labels",
			"end stations are not served there; want kind = access or hybrid");
	for (unsigned int i = 0; i < port->mapping_count; i++)
		for (uint32_t k = 0; k < port->mappings[i].count; k++) {
			uint32_t vlan = port->mappings[i].vlan + k, fgl = port->mappings[i].fgl + k;

			if (!vlan_set_has(&port->vlans, vlan)) {
				config_refuse(m, s, "labels", "VLAN %u is none of vlans", vlan);
				return;
			}
			if (is_said(port, i, vlan, fgl)) {
				config_refuse(m, s, "labels",
					"VLAN %u or label %u stands there twice; want each once",
					vlan, fgl);
				return;
			}
		}
}

/* All ports together; the same label at several counts once. */
void trill_config_labels_check(const struct config_section *root, struct config_mistakes *m)
{
	uint8_t *seen = calloc(1, (FGL_LAST + 1) / 8);
	const struct config_section *s = config_section(root, "port");
	unsigned int count = 0;

	for (; seen && s; s = config_section_next(s)) {
		struct trill_config_port port = {.mapping_count = 0};
		unsigned int before = count;

		trill_config_mappings_load(&port, s);
		for (unsigned int i = 0; i < port.mapping_count; i++)
			for (uint32_t k = 0; k < port.mappings[i].count; k++) {
				uint32_t fgl = port.mappings[i].fgl + k;

				count += !(seen[fgl / 8] >> fgl % 8 & 1);
				seen[fgl / 8] |= (uint8_t)(1 << fgl % 8);
			}
		if (count > LABELS_PINNED_MAX && before <= LABELS_PINNED_MAX)
			config_refuse(m, s, "labels",
				"%u labels at all ports up to this; want at most %u", count,
				LABELS_PINNED_MAX);
	}
	free(seen);
}

/* "70000" or "70000-70009". */
static bool labels_read(const char *text, uint32_t range[2])
{
	unsigned long first, last;
	char *end;

	if (!number_read(text, FGL_LAST, &first, &end))
		return false;
	last = first;
	if (*end == '-' && !number_read(end + 1, FGL_LAST, &last, &end))
		return false;
	range[0] = (uint32_t)first;
	range[1] = (uint32_t)last;
	return !*end && first <= last;
}

const char *trill_config_want_labels(const struct config_value *v)
{
	uint32_t range[2];

	return labels_read(v->text, range)
		       ? NULL
		       : "a label of 0 to 16777215, or a range like 70000-70009";
}

void trill_config_labels_load(struct trill_config *c, const struct config_section *root)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "esadi-labels", &n);
	for (size_t i = 0; i < n && c->core.esadi_fgl_count < RBRIDGE_FGL_RANGES_MAX; i++)
		if (labels_read(v[i].text, c->core.esadi_fgls[c->core.esadi_fgl_count]))
			c->core.esadi_fgl_count++;
}
