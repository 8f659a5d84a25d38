using System.Text.Json;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>Answers as records. What is not as the API has it is <see cref="KubernetesFailure.Malformed"/>.</summary>
internal static class AnswerParser
{
    private static readonly JsonReaderOptions _strict = new() { MaxDepth = 64 };

    public static T Item<T>(ResourceType<T> type, byte[] answer, string what)
        where T : KubernetesObject
    {
        try
        {
            T item = type.Read(answer);
            return item.Metadata.Name.Length > 0 || type.Plural.EndsWith("reviews", StringComparison.Ordinal)
                ? item
                : throw Malformed(what, $"the {type.Kind} has no name.", null);
        }
        catch (JsonException e)
        {
            throw Malformed(what, e.Message, e);
        }
    }

    public static ResourcePage<T> Page<T>(ResourceType<T> type, byte[] answer, string what)
        where T : KubernetesObject
    {
        try
        {
            List<T>? items = null;
            ListMeta meta = new();
            Utf8JsonReader reader = new(answer, _strict);
            Expect(ref reader, JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("metadata"u8))
                {
                    meta = JsonSerializer.Deserialize(ref reader, KubernetesTypes.ListMeta) ?? meta;
                }
                else if (reader.ValueTextEquals("items"u8))
                {
                    items = Items(type, ref reader);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            return items is not null ? new ResourcePage<T>(items, meta.ResourceVersion, meta.Continue) : throw new JsonException("The list has no items.");
        }
        catch (JsonException e)
        {
            throw Malformed(what, e.Message, e);
        }
    }

    public static WatchEvent<T> Change<T>(ResourceType<T> type, ReadOnlySpan<byte> line, string what)
        where T : KubernetesObject
    {
        try
        {
            string change = "";
            (int Start, int End) item = default;
            Utf8JsonReader reader = new(line, _strict);
            Expect(ref reader, JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isType = reader.ValueTextEquals("type"u8);
                bool isObject = reader.ValueTextEquals("object"u8);
                reader.Read();
                change = isType ? reader.GetString() ?? "" : change;
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                item = isObject ? (start, (int)reader.BytesConsumed) : item;
            }

            return Change(type, change, line[item.Start..item.End], what);
        }
        catch (JsonException e)
        {
            throw Malformed(what, e.Message, e);
        }
    }

    private static WatchEvent<T> Change<T>(ResourceType<T> type, string change, ReadOnlySpan<byte> item, string what)
        where T : KubernetesObject => change switch
        {
            "ADDED" => new WatchEvent<T>(WatchChange.Added, type.Read(item)),
            "MODIFIED" => new WatchEvent<T>(WatchChange.Modified, type.Read(item)),
            "DELETED" => new WatchEvent<T>(WatchChange.Deleted, type.Read(item)),
            "BOOKMARK" => new WatchEvent<T>(WatchChange.Bookmark, type.Read(item)),
            "ERROR" => throw FailureReading.Of(what, JsonSerializer.Deserialize(item, KubernetesTypes.Status) ?? new ApiStatus(), null),
            _ => throw new JsonException($"'{change}' is no kind of change."),
        };

    private static List<T> Items<T>(ResourceType<T> type, ref Utf8JsonReader reader)
        where T : KubernetesObject
    {
        List<T> items = [];
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return items;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("The items are no list.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(type.Complete(JsonSerializer.Deserialize(ref reader, type.Json) ?? throw new JsonException("An item is null.")));
        }

        return items;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token)
        {
            throw new JsonException($"{token} is expected.");
        }
    }

    private static KubernetesException Malformed(string what, string why, Exception? inner) =>
        new(KubernetesFailure.Malformed, $"Kubernetes API, {what}: the answer cannot be read: {why}", inner);
}
