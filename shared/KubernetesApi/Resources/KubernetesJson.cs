using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Resources;

/// <summary>
/// How objects are written and read: names in camel case, unknown fields ignored, and nothing written that is empty,
/// as the server does it (a field that is present counts as wanted in an apply).
/// </summary>
public static class KubernetesJson
{
    /// <summary>Options for a source-generated context; whoever adds resources makes theirs with this.</summary>
    public static JsonSerializerOptions Options(IJsonTypeInfoResolver context)
    {
        JsonSerializerOptions options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.Strict,
            MaxDepth = 64,
            TypeInfoResolver = context.WithAddedModifier(LeaveOutEmpty),
            Converters = { new TimeConverter() },
        };
        options.MakeReadOnly();
        return options;
    }

    private static void LeaveOutEmpty(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        foreach (JsonPropertyInfo property in type.Properties)
        {
            // What may be null says by null that it is absent; empty then has a meaning of its own.
            if (property.PropertyType == typeof(bool) || (!property.PropertyType.IsValueType && !property.IsGetNullable))
            {
                property.ShouldSerialize = (_, value) => !IsEmpty(value);
            }
        }
    }

    private static bool IsEmpty(object? value) => value switch
    {
        null or false => true,
        string text => text.Length == 0,
        byte[] => false,
        ICollection collection => collection.Count == 0,
        IEnumerable items => !items.Cast<object?>().Any(),
        _ => false,
    };
}
