// Fire times found the slow way, to check fast ways against: the clock of a zone is watched from one instant to
// another, as cron itself does it, and each time that it shows is compared with the expression's text. It shares no code
// with Scriptron: zones are the C library's, dates too.
//
//     fire-times FILE
//
// Each line of FILE asks: ZONE, EXPRESSION, JOB, FROM, TO, STEP, between tabs. The answer is a line with the fire times
// later than FROM and not later than TO, in epoch seconds between blanks. The clock is looked at every STEP seconds: 60
// where all that could fire does so at second 0.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum field { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const int low[FIELDS] = {0, 0, 0, 1, 1, 0}, high[FIELDS] = {59, 59, 23, 31, 12, 6};
static const char *const names[FIELDS] = {"second", "minute", "hour", "day", "month", "weekday"};
static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

// How long before FROM the clock is watched: longer than any hour was ever repeated.
enum { LOOKBACK = 4 * 3600 };

static void fail(const char *what, const char *text) {
    fprintf(stderr, "fire-times: %s: %s\n", what, text);
    exit(1);
}

// ---- The expression

// What the clock shows.
struct shown {
    int16_t year;
    int8_t month, day, weekday, hour, minute, second;
};

struct schedule {
    char text[FIELDS][256];
    const char *job;
    // The numbers that a field names, without those that depend on the month.
    bool allowed[FIELDS][64];
    // The day that was looked at last, and whether it fits.
    struct shown date;
    bool date_fits;
};

// Reads a number or a name; `*name` says which it was.
static int value(enum field field, const char **text, bool *name) {
    *name = false;
    if (**text >= '0' && **text <= '9') return (int)strtol(*text, (char **)text, 10);
    const char *const *table = field == MONTH ? months : weekdays;
    for (int index = 0; index < (field == MONTH ? 12 : field == WEEKDAY ? 7 : 0); index++) {
        if (strncasecmp(*text, table[index], 3) == 0) {
            *text += 3;
            *name = true;
            return low[field] + index;
        }
    }
    fail("not a value", *text);
    return 0;
}

// As docs/schedules.md says it of `~`.
static int choice(const char *job, enum field field, int ordinal, int count) {
    char text[512];
    snprintf(text, sizeof text, "%s/%s/%d", job, names[field], ordinal);
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *at = text; *at; at++) {
        hash ^= (unsigned char)*at;
        hash *= UINT64_C(1099511628211);
    }
    hash ^= hash >> 30;
    hash *= UINT64_C(0xBF58476D1CE4E5B9);
    hash ^= hash >> 27;
    hash *= UINT64_C(0x94D049BB133111EB);
    hash ^= hash >> 31;
    return (int)(hash % (uint64_t)count);
}

// The numbers of one item of a field: `*`, `1`, `1-5`, `1~5`, `~`, each perhaps with a step.
static void read_item(struct schedule *schedule, enum field field, const char *text, int *choices) {
    int values[64], count = 0, step = 1;
    bool chosen = false, name_from = false, name_to = false, has_step = strchr(text, '/') != NULL;
    if (has_step) step = atoi(strchr(text, '/') + 1);
    if (*text == '*' || *text == '?') {
        for (int number = low[field]; number <= high[field]; number++) values[count++] = number;
    } else {
        bool bare = *text == '~';
        int to, from = bare ? low[field] : value(field, &text, &name_from);
        if (*text == '~') {
            chosen = true;
            bool open = text[1] == 0 || text[1] == '/';
            text++;
            if (open) to = field == DAY && bare ? 28 : high[field];
            else to = value(field, &text, &name_to);
        } else if (*text == '-') {
            text++;
            to = value(field, &text, &name_to);
        } else {
            to = !has_step ? from : field == WEEKDAY ? 7 : high[field];
        }
        if (from <= to) {
            for (int number = from; number <= to; number++) values[count++] = number;
        } else {
            for (int number = from; number <= high[field]; number++) values[count++] = number;
            for (int number = low[field]; number <= to; number++) values[count++] = number;
        }
    }
    int first = 0;
    if (chosen) {
        first = choice(schedule->job, field, ++*choices, has_step && step < count ? step : count);
        if (!has_step) step = count;
    }
    for (int index = first; index < count; index += step)
        schedule->allowed[field][field == WEEKDAY ? values[index] % 7 : values[index]] = true;
}

// Whether an item says something about a month's days rather than numbers.
static bool is_special(enum field field, const char *item) {
    if (field == DAY) return strpbrk(item, "lLwW") != NULL;
    size_t length = strlen(item);
    return field == WEEKDAY && (strchr(item, '#') || (length > 1 && (item[length - 1] | 32) == 'l'));
}

static void read_schedule(struct schedule *schedule, const char *text, const char *job) {
    static const char *const macros[][2] = {
        {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
        {"@daily", "0 0 * * *"}, {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};
    for (size_t index = 0; index < sizeof macros / sizeof *macros; index++)
        if (strcasecmp(text, macros[index][0]) == 0) text = macros[index][1];
    memset(schedule, 0, sizeof *schedule);
    schedule->job = job;
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", text);
    int count = 0;
    char *rest = NULL;
    char *parts[FIELDS];
    for (char *part = strtok_r(copy, " ", &rest); part && count < FIELDS; part = strtok_r(NULL, " ", &rest))
        parts[count++] = part;
    if (count < 5) fail("not an expression", text);
    strcpy(schedule->text[SECOND], "0");
    for (int index = 0; index < count; index++)
        snprintf(schedule->text[FIELDS - count + index], sizeof schedule->text[0], "%s", parts[index]);
    for (enum field field = SECOND; field < FIELDS; field++) {
        snprintf(copy, sizeof copy, "%s", schedule->text[field]);
        int choices = 0;
        for (char *item = strtok_r(copy, ",", &rest); item; item = strtok_r(NULL, ",", &rest))
            if (!is_special(field, item)) read_item(schedule, field, item, &choices);
    }
}

// ---- A day

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

// Whether an item like L, L-3, LW or 15W names a day that falls on a weekday, in a month of `length` days.
static bool day_item_fits(const char *item, int day, int weekday, int length) {
    int target;
    if ((*item | 32) == 'l') {
        if (item[1] == 0) return day == length;
        if (item[1] == '-') return day == length - atoi(item + 2);
        target = length;
    } else {
        target = atoi(item);
        if (target > length) return false;
    }
    // The working days nearest to the target: the day itself, a Friday before it, a Monday after it, or across a whole
    // weekend at the ends of the month.
    if (weekday == 0 || weekday == 6) return false;
    int target_weekday = (weekday + target - day + 70) % 7;
    if (target_weekday != 0 && target_weekday != 6) return day == target;
    int distance = target_weekday == 6 ? -1 : 1;
    if (target + distance < 1) distance = 2;
    if (target + distance > length) distance = -2;
    return day == target + distance;
}

static bool weekday_item_fits(const char *item, int day, int weekday, int length) {
    bool name;
    if (value(WEEKDAY, &item, &name) % 7 != weekday) return false;
    if (*item == '#') return (day - 1) / 7 + 1 == atoi(item + 1);
    return day + 7 > length;
}

static bool special_fits(const struct schedule *schedule, enum field field, int day, int weekday, int length) {
    char copy[256], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", schedule->text[field]);
    for (char *item = strtok_r(copy, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
        if (!is_special(field, item)) continue;
        if (field == DAY ? day_item_fits(item, day, weekday, length) : weekday_item_fits(item, day, weekday, length))
            return true;
    }
    return false;
}

static bool is_star(const char *text) { return *text == '*' || *text == '?'; }

static bool day_fits(const struct schedule *schedule, const struct shown *shown) {
    if (!schedule->allowed[MONTH][shown->month]) return false;
    int length = days_in(shown->year, shown->month);
    bool day = schedule->allowed[DAY][shown->day] || special_fits(schedule, DAY, shown->day, shown->weekday, length);
    bool weekday = schedule->allowed[WEEKDAY][shown->weekday]
        || special_fits(schedule, WEEKDAY, shown->day, shown->weekday, length);
    return is_star(schedule->text[DAY]) || is_star(schedule->text[WEEKDAY]) ? day && weekday : day || weekday;
}

static bool fits(struct schedule *schedule, const struct shown *shown) {
    if (!schedule->allowed[HOUR][shown->hour] || !schedule->allowed[MINUTE][shown->minute]
        || !schedule->allowed[SECOND][shown->second])
        return false;
    const struct shown *date = &schedule->date;
    if (date->year != shown->year || date->month != shown->month || date->day != shown->day) {
        schedule->date = *shown;
        schedule->date_fits = day_fits(schedule, shown);
    }
    return schedule->date_fits;
}

// ---- The clock

static struct shown shown_of(const struct tm *time) {
    return (struct shown){
        .year = (int16_t)(time->tm_year + 1900), .month = (int8_t)(time->tm_mon + 1), .day = (int8_t)time->tm_mday,
        .weekday = (int8_t)time->tm_wday, .hour = (int8_t)time->tm_hour, .minute = (int8_t)time->tm_min,
        .second = (int8_t)time->tm_sec};
}

// What a zone's clock showed, kept for the next question about the same stretch of time.
static struct {
    char zone[128];
    int64_t from, to, step;
    struct shown *shown;
    // The same as seconds since 1970-01-01 on that clock.
    int64_t *local;
} watched;

static void watch(const char *zone, int64_t from, int64_t to, int64_t step) {
    if (strcmp(watched.zone, zone) == 0 && watched.from == from && watched.to == to && watched.step == step) return;
    char setting[160];
    snprintf(setting, sizeof setting, ":%s", zone);
    setenv("TZ", setting, 1);
    tzset();
    snprintf(watched.zone, sizeof watched.zone, "%s", zone);
    watched.from = from;
    watched.to = to;
    watched.step = step;
    size_t count = (size_t)((to - from) / step + 1);
    watched.shown = realloc(watched.shown, count * sizeof *watched.shown);
    watched.local = realloc(watched.local, count * sizeof *watched.local);
    if (!watched.shown || !watched.local) fail("no memory", zone);
    for (size_t index = 0; index < count; index++) {
        time_t instant = from + (int64_t)index * step;
        struct tm time;
        if (!localtime_r(&instant, &time)) fail("no such time", zone);
        watched.shown[index] = shown_of(&time);
        watched.local[index] = instant + time.tm_gmtoff;
    }
}

static void answer(struct schedule *schedule, const char *zone, int64_t after, int64_t through, int64_t step) {
    int64_t from = (after - LOOKBACK) / step * step;
    watch(zone, from, through, step);
    // A cadence fires whenever the clock shows its time. A time of day fires when the clock first reaches it, also
    // where the clock is put forward over it.
    bool cadence = is_star(schedule->text[MINUTE]) || is_star(schedule->text[HOUR]);
    int64_t highest = watched.local[0] - step;
    bool first = true;
    for (int64_t instant = from, index = 0; instant <= through; instant += step, index++) {
        bool fires = false;
        if (cadence) {
            fires = fits(schedule, &watched.shown[index]);
        } else {
            for (int64_t local = highest + step; local <= watched.local[index] && !fires; local += step) {
                if (local == watched.local[index]) {
                    fires = fits(schedule, &watched.shown[index]);
                } else {
                    time_t passed = local;
                    struct tm time;
                    gmtime_r(&passed, &time);
                    struct shown shown = shown_of(&time);
                    fires = fits(schedule, &shown);
                }
            }
            if (watched.local[index] > highest) highest = watched.local[index];
        }
        if (fires && instant > after) {
            printf(first ? "%lld" : " %lld", (long long)instant);
            first = false;
        }
    }
    putchar('\n');
}

int main(int count, char **arguments) {
    if (count != 2) fail("usage", "fire-times FILE");
    FILE *file = fopen(arguments[1], "re");
    if (!file) fail("cannot be read", arguments[1]);
    char line[2048];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *rest = line, *part[6];
        for (int index = 0; index < 6; index++)
            if (!(part[index] = strsep(&rest, "\t"))) fail("too few columns", line);
        struct schedule schedule;
        read_schedule(&schedule, part[1], part[2]);
        answer(&schedule, part[0], atoll(part[3]), atoll(part[4]), atoll(part[5]));
    }
    fclose(file);
    return 0;
}
