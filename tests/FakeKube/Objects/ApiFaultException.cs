using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>What the server answers instead of an object: a Status.</summary>
public sealed class ApiFaultException : Exception
{
    public ApiFaultException(int code, string reason, string message)
        : base(message)
    {
        Code = code;
        Reason = reason;
    }

    public int Code { get; }

    public string Reason { get; }

    /// <summary>Field, reason and message of each cause.</summary>
    public IReadOnlyList<(string Field, string Reason, string Message)> Causes { get; init; } = [];

    /// <summary>Sent as Retry-After.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static ApiFaultException NotFound(ResourceDefinition type, string name) =>
        new(404, "NotFound", $"{type.QualifiedPlural} \"{name}\" not found");

    public static ApiFaultException AlreadyExists(ResourceDefinition type, string name) =>
        new(409, "AlreadyExists", $"{type.QualifiedPlural} \"{name}\" already exists");

    public static ApiFaultException Conflict(ResourceDefinition type, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {type.QualifiedPlural} \"{name}\": {why}");

    public static ApiFaultException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiFaultException Expired(string message) => new(410, "Expired", message);

    public static ApiFaultException Invalid(ResourceDefinition type, string name, params (string Field, string Reason, string Message)[] causes) =>
        new(422, "Invalid", $"{type.Kind} \"{name}\" is invalid: {string.Join(", ", causes.Select(c => $"{c.Field}: {c.Message}"))}") { Causes = causes };

    /// <summary>As the server writes it.</summary>
    public JsonObject ToStatus()
    {
        JsonObject details = [];
        if (Causes.Count > 0)
        {
            details["causes"] = new JsonArray([.. Causes.Select(c => (JsonNode)new JsonObject { ["reason"] = c.Reason, ["message"] = c.Message, ["field"] = c.Field })]);
        }

        if (RetryAfterSeconds is { } seconds)
        {
            details["retryAfterSeconds"] = seconds;
        }

        return new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason,
            ["details"] = details,
            ["code"] = Code,
        };
    }
}
