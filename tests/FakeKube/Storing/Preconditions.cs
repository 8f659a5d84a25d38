using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Storing;

/// <summary>What a writer believes of the object that is there, and a conflict when it is another.</summary>
internal static class Preconditions
{
    /// <summary>Those a deletion names.</summary>
    public static void Check(WriteRequest request, JsonObject live, JsonObject? options)
    {
        foreach (string field in (string[])["uid", "resourceVersion"])
        {
            string wanted = (string?)options?["preconditions"]?[field] ?? "";
            string actual = (string?)live.Meta()[field] ?? "";
            if (wanted.Length > 0 && wanted != actual)
            {
                throw ApiFaultException.Conflict(request.Type, request.Name, $"Precondition failed: {field} in precondition: {wanted}, {field} in object meta: {actual}");
            }
        }
    }

    /// <summary>Those in the object written.</summary>
    public static void CheckIdentity(WriteRequest request, JsonObject live, JsonObject item)
    {
        string version = (string?)item.Meta()["resourceVersion"] ?? "";
        if (version.Length > 0 && version != (string?)live.Meta()["resourceVersion"])
        {
            throw ApiFaultException.Conflict(request.Type, request.Name, "the object has been modified; please apply your changes to the latest version and try again");
        }

        if (item.Uid().Length > 0 && item.Uid() != live.Uid())
        {
            throw ApiFaultException.Conflict(request.Type, request.Name, $"Precondition failed: UID in precondition: {item.Uid()}, UID in object meta: {live.Uid()}");
        }
    }
}
