/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "forceenc/text.h"

#define ENDPOINT_FORMS \
	"write inet:127.0.0.1:PORT, inet:[::1]:PORT or unix:/PATH"

static int
endpoint_parse_unix(struct endpoint *out, const char *path, struct err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out->addr;

	if (*path != '/')
		return err_set(err, "%s: a socket's path begins with /; %s",
		    text_show_str(out->text), ENDPOINT_FORMS);
	if (strlen(path) >= sizeof(un->sun_path))
		return err_set(err,
		    "%s: path too long for a socket; at most %zu bytes",
		    text_show_str(out->text), sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	out->addrlen = sizeof(*un);
	return 0;
}

/* Fills in the address of "host", which is without brackets. */
static int
endpoint_parse_host(struct endpoint *out, const char *host, int port, bool v6)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&out->addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->addr;

	if (v6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		out->addrlen = sizeof(*in6);
		return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1 ? 0 : -1;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	out->addrlen = sizeof(*in);
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	else if (strcmp(host, "*") == 0)
		host = "0.0.0.0";
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? 0 : -1;
}

static int
endpoint_parse_inet(struct endpoint *out, const char *text, struct err *err)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	size_t len;
	int64_t port;
	bool v6 = *text == '[';

	if (colon == NULL || text_parse_int(colon + 1, 1, 65535, &port) == -1)
		return err_set(err,
		    "%s: no port from 1 to 65535 at its end; %s",
		    text_show_str(out->text), ENDPOINT_FORMS);
	len = (size_t)(colon - text);
	if (v6) {
		if (len < 2 || text[len - 1] != ']')
			len = sizeof(host); /* falls through to the error */
		else {
			text++;
			len -= 2;
		}
	}
	if (len > 0 && len < sizeof(host)) {
		memcpy(host, text, len);
		host[len] = '\0';
		if (endpoint_parse_host(out, host, (int)port, v6) == 0)
			return 0;
	}
	return err_set(err, "%s: the host must be a numeric address; %s",
	    text_show_str(out->text), ENDPOINT_FORMS);
}

int
endpoint_parse(struct endpoint *out, const char *text, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (strlen(text) >= sizeof(out->text))
		return err_set(err, "%s: too long; %s", text_show_str(text),
		    ENDPOINT_FORMS);
	strcpy(out->text, text);
	if (strncmp(text, "unix:", 5) == 0)
		return endpoint_parse_unix(out, text + 5, err);
	if (strncmp(text, "inet:", 5) == 0)
		return endpoint_parse_inet(out, text + 5, err);
	return err_set(err, "%s: not an endpoint; %s", text_show_str(text),
	    ENDPOINT_FORMS);
}

const char *
endpoint_path(const struct endpoint *ep)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&ep->addr;

	return ep->addr.ss_family == AF_UNIX ? un->sun_path : NULL;
}

bool
endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)&a->addr;
	const struct sockaddr_in *b4 = (const struct sockaddr_in *)&b->addr;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)&a->addr;
	const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)&b->addr;

	if (a->addr.ss_family != b->addr.ss_family)
		return false;
	switch (a->addr.ss_family) {
	case AF_UNIX:
		return strcmp(endpoint_path(a), endpoint_path(b)) == 0;
	case AF_INET:
		return a4->sin_port == b4->sin_port &&
		    a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	case AF_INET6:
		return a6->sin6_port == b6->sin6_port &&
		    memcmp(&a6->sin6_addr, &b6->sin6_addr,
			sizeof(a6->sin6_addr)) == 0;
	default:
		return false;
	}
}

bool
endpoint_is_local(const struct endpoint *ep)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&ep->addr;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&ep->addr;

	if (ep->addr.ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (ep->addr.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	return true;
}

int
endpoint_of_fd(struct endpoint *out, int fd, struct err *err)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&out->addr;
	const struct sockaddr_in6 *in6 =
	    (const struct sockaddr_in6 *)&out->addr;
	char host[INET6_ADDRSTRLEN];
	int listens = 0;
	socklen_t len = sizeof(listens);

	memset(out, 0, sizeof(*out));
	out->addrlen = sizeof(out->addr);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&out->addr, &out->addrlen) == -1)
		return err_set(err, "descriptor %d: %s", fd, strerror(errno));
	if (!listens)
		return err_set(
		    err, "descriptor %d: not a listening socket", fd);
	switch (out->addr.ss_family) {
	case AF_UNIX:
		snprintf(out->text, sizeof(out->text), "unix:%s",
		    endpoint_path(out));
		return 0;
	case AF_INET:
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(out->text, sizeof(out->text), "inet:%s:%u", host,
		    ntohs(in->sin_port));
		return 0;
	case AF_INET6:
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(out->text, sizeof(out->text), "inet:[%s]:%u", host,
		    ntohs(in6->sin6_port));
		return 0;
	default:
		return err_set(err, "descriptor %d: neither inet nor unix", fd);
	}
}

static int
endpoint_socket(const struct endpoint *ep, int flags, struct err *err)
{
	int fd =
	    socket(ep->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd == -1)
		err_set(err, "%s: socket: %s", ep->text, strerror(errno));
	return fd;
}

/* Removes what a dead process left behind: nothing answers on it. */
static int
endpoint_clear_path(const struct endpoint *ep, struct err *err)
{
	const char *path = endpoint_path(ep);
	struct stat st;
	int fd, rc, saved;

	if (lstat(path, &st) == -1)
		return 0; /* bind will say what is wrong, if anything */
	if (!S_ISSOCK(st.st_mode))
		return err_set(err,
		    "%s: the path exists and is no socket; remove it or choose "
		    "another",
		    ep->text);
	fd = endpoint_socket(ep, SOCK_NONBLOCK, err);
	if (fd == -1)
		return -1;
	rc = connect(fd, (const struct sockaddr *)&ep->addr, ep->addrlen);
	saved = errno;
	close(fd);
	if (rc == -1 && saved == EACCES)
		return err_set(err,
		    "%s: the path exists, and this user may not see whether "
		    "another process listens there; remove it if none does",
		    ep->text);
	/* EAGAIN: alive with a full backlog. */
	if (rc == 0 || saved != ECONNREFUSED)
		return err_set(
		    err, "%s: another process listens here", ep->text);
	if (unlink(path) == -1)
		return err_set(
		    err, "%s: unlink: %s", ep->text, strerror(errno));
	return 0;
}

void
endpoint_get_file(const struct endpoint *ep, struct endpoint_file *out)
{
	const char *path = endpoint_path(ep);
	struct stat st;

	*out = (struct endpoint_file){0};
	if (path == NULL || lstat(path, &st) == -1)
		return;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
}

bool
endpoint_has_file(const struct endpoint *ep, const struct endpoint_file *file)
{
	struct endpoint_file now;

	endpoint_get_file(ep, &now);
	return endpoint_path(ep) == NULL ||
	    (now.ino != 0 && now.dev == file->dev && now.ino == file->ino);
}

int
endpoint_set_access(const struct endpoint *ep,
    const struct endpoint_access *access, struct err *err)
{
	const char *path = endpoint_path(ep);
	const struct group *group;

	if (access->group != NULL && *access->group != '\0') {
		group = getgrnam(access->group);
		if (group == NULL)
			return err_set(err, "%s: no group \"%s\" on this host",
			    ep->text, access->group);
		if (chown(path, (uid_t)-1, group->gr_gid) == -1)
			return err_set(err,
			    "%s: can't give it to group %s: %s (is the "
			    "daemon's "
			    "user a member?)",
			    ep->text, access->group, strerror(errno));
	}
	if (chmod(path, access->mode) == -1)
		return err_set(err, "%s: chmod: %s", ep->text, strerror(errno));
	return 0;
}

static const char *
endpoint_bind_hint(int error)
{
	switch (error) {
	case ENOENT:
		return "; make the folder first";
	case EACCES:
	case EROFS:
		return "; let this user write to the folder";
	default:
		return "";
	}
}

/* A unix socket is bound with no permissions at all and opened up last, so
 * that nobody connects who may not. */
static int
endpoint_bind_unix(const struct endpoint *ep, int fd, struct err *err)
{
	mode_t old = umask(0777);
	int rc = bind(fd, (const struct sockaddr *)&ep->addr, ep->addrlen);
	int saved = errno;

	umask(old);
	if (rc == -1)
		return err_set(err, "%s: bind: %s%s", ep->text, strerror(saved),
		    endpoint_bind_hint(saved));
	return 0;
}

static int
endpoint_bind_inet(const struct endpoint *ep, int fd, struct err *err)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ep->addr.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&ep->addr, ep->addrlen) == -1)
		return err_set(err, "%s: bind: %s", ep->text, strerror(errno));
	return 0;
}

int
endpoint_listen(const struct endpoint *ep, int backlog,
    const struct endpoint_access *access, struct err *err)
{
	bool local = endpoint_path(ep) != NULL;
	int fd, rc;

	if (local && endpoint_clear_path(ep, err) == -1)
		return -1;
	fd = endpoint_socket(ep, SOCK_NONBLOCK, err);
	if (fd == -1)
		return -1;
	rc = local ? endpoint_bind_unix(ep, fd, err)
		   : endpoint_bind_inet(ep, fd, err);
	if (rc == -1) {
		close(fd);
		return -1;
	}
	if (listen(fd, backlog) == -1)
		rc = err_set(err, "%s: listen: %s", ep->text, strerror(errno));
	else if (local)
		rc = endpoint_set_access(ep, access, err);
	if (rc == -1) {
		close(fd);
		if (local)
			unlink(endpoint_path(ep));
		return -1;
	}
	return fd;
}

int
endpoint_connect(
    const struct endpoint *ep, unsigned timeout_ms, struct err *err)
{
	struct timeval tv = {
	    .tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000};
	int on = 1;
	int fd = endpoint_socket(ep, 0, err);

	if (fd == -1)
		return -1;
	/* SO_SNDTIMEO bounds connect(2) as well: socket(7). */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (endpoint_path(ep) == NULL)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&ep->addr, ep->addrlen) == 0)
		return fd;
	err_set(err, "%s: %s", ep->text,
	    errno == EINPROGRESS || errno == EAGAIN ? "timed out"
						    : strerror(errno));
	close(fd);
	return -1;
}
