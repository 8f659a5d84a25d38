using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;

namespace K8sBackup.Cli.Output;

/// <summary>The fields of one kind of object, in order. The only definition its tables, json and yaml are made from.</summary>
internal sealed class View<T>
{
    private readonly List<Field<T>> _fields = [];

    public IReadOnlyList<Field<T>> Fields => _fields;

    /// <summary>The object as a document.</summary>
    public JsonObject ToDocument(T item)
    {
        JsonObject document = [];
        foreach (Field<T> field in _fields)
        {
            document[field.Name] = field.Document(item);
        }

        return document;
    }

    public View<T> Text(string name, string heading, Func<T, string> value, FieldPlace place = FieldPlace.Everywhere) =>
        Add(new(name, heading, place, item => value(item), value));

    public View<T> Number(string name, string heading, Func<T, long> value, FieldPlace place = FieldPlace.Everywhere) =>
        Add(new(name, heading, place, item => value(item), item => Human.Count(value(item))));

    public View<T> Bytes(string name, string heading, Func<T, long> value, FieldPlace place = FieldPlace.Everywhere) =>
        Add(new(name, heading, place, item => value(item), item => Human.Bytes(value(item))));

    public View<T> Flag(string name, string heading, Func<T, bool> value, FieldPlace place = FieldPlace.Everywhere) =>
        Add(new(name, heading, place, item => value(item), item => value(item) ? "yes" : "no"));

    public View<T> Time(string name, string heading, Func<T, Timestamp?> value, FieldPlace place = FieldPlace.Everywhere) =>
        Add(new(name, heading, place, item => Human.Document(value(item)), item => Human.Time(value(item))));

    /// <summary>A list of texts; documents have all of them, people see the first.</summary>
    public View<T> List(
        string name, string heading, Func<T, IEnumerable<string>> value, FieldPlace place = FieldPlace.Details, int shownMax = int.MaxValue) =>
        Add(new(name, heading, place, item => new JsonArray([.. value(item).Select(v => (JsonNode?)v)]), item => string.Join("\n", Shown(value(item), shownMax))));

    /// <summary>A document of any form, in documents only.</summary>
    public View<T> Json(string name, string heading, Func<T, JsonNode?> value) =>
        Add(new(name, heading, FieldPlace.Documents, value, _ => ""));

    public View<T> Map(string name, string heading, Func<T, IEnumerable<KeyValuePair<string, string>>> value, FieldPlace place = FieldPlace.Everywhere) =>
        Add(new(
            name,
            heading,
            place,
            item => new JsonObject(value(item).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            item => string.Join(",", value(item).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"))));

    /// <summary>An object of another kind that people see as one cell.</summary>
    public View<T> Cell<TItem>(string name, string heading, View<TItem> view, Func<T, TItem?> value, Func<TItem, string> cell)
        where TItem : class =>
        Add(new(
            name,
            heading,
            FieldPlace.Everywhere,
            item => value(item) is { } inner ? view.ToDocument(inner) : null,
            item => value(item) is { } inner ? cell(inner) : ""));

    /// <summary>A list of objects of another kind, printed below the details; people see the first.</summary>
    public View<T> Table<TItem>(
        string name,
        string heading,
        View<TItem> view,
        Func<T, IReadOnlyList<TItem>> value,
        bool showsBelowLists = false,
        int shownMax = int.MaxValue) =>
        Add(new(name, heading, FieldPlace.Details, item => new JsonArray([.. value(item).Select(v => (JsonNode?)view.ToDocument(v))]), _ => "")
        {
            Section = (writer, title, item) => writer.Section(Title(title, value(item).Count, shownMax), view, [.. value(item).Take(shownMax)]),
            ShowsBelowLists = showsBelowLists,
        });

    /// <summary>An object of another kind inside this one; null where there is none.</summary>
    public View<T> Object<TItem>(string name, string heading, View<TItem> view, Func<T, TItem?> value, bool showsBelowLists = false)
        where TItem : class =>
        Add(new(name, heading, FieldPlace.Details, item => value(item) is { } inner ? view.ToDocument(inner) : null, _ => "")
        {
            ShowsBelowLists = showsBelowLists,
            Section = (writer, title, item) =>
            {
                if (value(item) is { } inner)
                {
                    writer.Section(title, view, inner);
                }
            },
        });

    private static string Title(string title, int count, int shownMax) => count > shownMax ? $"{title} (the first {shownMax} of {count})" : title;

    private static string[] Shown(IEnumerable<string> texts, int shownMax)
    {
        string[] all = [.. texts];
        return all.Length > shownMax ? [.. all[..shownMax], $"and {all.Length - shownMax} more"] : all;
    }

    private View<T> Add(Field<T> field)
    {
        _fields.Add(field);
        return this;
    }
}
