using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Storing;

/// <summary>What holds for every object whatever its kind.</summary>
internal static partial class ObjectRules
{
    private const int NameCharactersMax = 253;

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static void CheckBody(WriteRequest request, JsonObject item)
    {
        ResourceDefinition type = request.Type;
        if ((string?)item["apiVersion"] != type.ApiVersion || (string?)item["kind"] != type.Kind)
        {
            throw ApiFaultException.BadRequest(
                $"the API version and kind in the data ({item["apiVersion"]}, {item["kind"]}) do not match the expected ({type.ApiVersion}, {type.Kind})");
        }

        string ns = item.Namespace();
        if (type.IsNamespaced && ns.Length > 0 && ns != request.Namespace)
        {
            throw ApiFaultException.BadRequest($"the namespace of the provided object does not match the namespace sent on the request ({ns}, {request.Namespace})");
        }

        if (request.Name.Length > 0 && item.Name().Length > 0 && item.Name() != request.Name)
        {
            throw ApiFaultException.BadRequest($"the name of the object ({item.Name()}) does not match the name on the URL ({request.Name})");
        }
    }

    public static void CheckName(ResourceDefinition type, string name)
    {
        if (name.Length == 0)
        {
            throw ApiFaultException.Invalid(type, name, ("metadata.name", "FieldValueRequired", "Required value: name or generateName is required"));
        }

        if (name.Length > NameCharactersMax || !Subdomain().IsMatch(name))
        {
            throw ApiFaultException.Invalid(type, name, ("metadata.name", "FieldValueInvalid", $"Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"));
        }
    }

    /// <summary>Fields the server keeps, whatever the writer sent.</summary>
    public static void KeepSystemFields(JsonObject live, JsonObject item)
    {
        foreach (string field in (string[])["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion", "managedFields"])
        {
            item.Meta().Put(field, live.Meta()[field]);
        }

        item["apiVersion"] = (string?)live["apiVersion"];
        item["kind"] = (string?)live["kind"];
    }

    public static void CheckImmutable(ResourceDefinition type, JsonObject live, JsonObject item)
    {
        foreach (string path in type.ImmutableFields)
        {
            // An unset field may be set once: a pod's node is.
            if (live.At(path) is { } was && !JsonNode.DeepEquals(was, item.At(path)))
            {
                throw ApiFaultException.Invalid(type, live.Name(), (path, "FieldValueInvalid", "Invalid value: field is immutable"));
            }
        }

        if ((bool?)live["immutable"] == true && (!JsonNode.DeepEquals(live["data"], item["data"]) || (bool?)item["immutable"] != true))
        {
            throw ApiFaultException.Invalid(type, live.Name(), ("data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"));
        }
    }

    /// <summary>Whether anything but metadata and status differs.</summary>
    public static bool IsWantedChanged(ResourceDefinition type, JsonObject live, JsonObject item)
    {
        JsonObject a = live.Copy();
        JsonObject b = item.Copy();
        foreach (JsonObject side in (JsonObject[])[a, b])
        {
            side.Remove("metadata");
            if (type.HasStatus)
            {
                side.Remove("status");
            }
        }

        return !JsonNode.DeepEquals(a, b);
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$")]
    private static partial Regex Subdomain();
}
