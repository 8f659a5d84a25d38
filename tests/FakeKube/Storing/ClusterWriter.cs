using System.Security.Cryptography;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Storing;

/// <summary>The verbs that write, with the rules of the API server. Thread-safe.</summary>
internal sealed class ClusterWriter
{
    private readonly ClusterStore _store;
    private readonly TimeProvider _clock;

    public ClusterWriter(ClusterStore store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
    }

    public JsonObject Create(WriteRequest request, JsonObject body)
    {
        ObjectRules.CheckBody(request, body);
        JsonObject item = body.Copy();
        if (item.Meta()["resourceVersion"] is not null)
        {
            throw ApiFaultException.BadRequest("resourceVersion should not be set on objects to be created");
        }

        string name = item.Name();
        if (name.Length == 0 && (string?)item.Meta()["generateName"] is { Length: > 0 } prefix)
        {
            name = prefix + RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", 5);
        }

        ObjectRules.CheckName(request.Type, name);
        RequireNamespace(request);
        return Insert(request with { Name = name }, item, "Update");
    }

    public JsonObject Update(WriteRequest request, JsonObject body)
    {
        ObjectRules.CheckBody(request, body);
        return Replace(request, live =>
        {
            string version = (string?)body.Meta()["resourceVersion"] ?? "";
            if (version.Length == 0 && !request.Type.AllowsUnconditionalUpdate)
            {
                throw ApiFaultException.Invalid(request.Type, request.Name, ("metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0x0: must be specified for an update"));
            }

            return body.Copy();
        });
    }

    public JsonObject Patch(WriteRequest request, JsonObject patch) => Replace(request, live =>
    {
        JsonObject item = live.Copy();
        item.Meta().Remove("resourceVersion");
        MergePatch.Apply(item, patch);
        return item;
    });

    public (JsonObject Item, bool IsNew) Apply(WriteRequest request, JsonObject body, bool force)
    {
        ObjectRules.CheckBody(request, body);
        if (body.Meta()["managedFields"] is JsonArray { Count: > 0 })
        {
            throw ApiFaultException.BadRequest("metadata.managedFields must be nil");
        }

        JsonObject wanted = body.Copy();
        if (_store.Find(request.Type, request.Namespace, request.Name) is null)
        {
            if (request.Subresource.Length > 0)
            {
                throw ApiFaultException.NotFound(request.Type, request.Name);
            }

            ObjectRules.CheckName(request.Type, request.Name);
            RequireNamespace(request);
            try
            {
                return (Insert(request, wanted, "Apply"), true);
            }
            catch (ApiFaultException e) when (e.Reason == "AlreadyExists")
            {
                // Somebody created it meanwhile; as in the real server, that is then what is applied to.
            }
        }

        JsonObject result = Replace(request, live =>
        {
            WrittenHalf.Reduce(request, wanted);
            return ServerSideApply.Merge(request.Type, live, wanted, request.Manager, request.Subresource, force, _clock.GetUtcNow());
        }, isApply: true);
        return (result, false);
    }

    /// <summary>Deletes, or marks as to be deleted while finalizers hold it; gives the object as it then is, and whether it is gone.</summary>
    public (JsonObject Item, bool IsGone) Delete(WriteRequest request, JsonObject? options)
    {
        bool gone = false;
        JsonObject? result = _store.Change(request.Type, request.Namespace, request.Name, live =>
        {
            if (live is null)
            {
                throw ApiFaultException.NotFound(request.Type, request.Name);
            }

            Preconditions.Check(request, live, options);
            if (live.HasFinalizers() || request.Type.Plural == "namespaces")
            {
                JsonObject marked = live.Copy();
                if (marked.Meta()["deletionTimestamp"] is null)
                {
                    marked.Meta()["deletionTimestamp"] = ObjectRules.Time(_clock.GetUtcNow());
                    marked.Meta()["deletionGracePeriodSeconds"] = 0;
                }

                if (request.Type.Plural == "namespaces")
                {
                    marked["status"] = new JsonObject { ["phase"] = "Terminating" };
                }

                return marked;
            }

            gone = true;
            if ((string?)options?["propagationPolicy"] == "Orphan")
            {
                _store.Disown(live.Uid());
            }

            return null;
        });
        return (result!, gone);
    }

    /// <summary>Puts an object there as it is, status included, whoever's right that is: for what a kubelet or a controller would do.</summary>
    public JsonObject Seed(JsonObject body)
    {
        ResourceDefinition type = _store.TypeOf(body);
        ObjectRules.CheckName(type, body.Name());
        return _store.Change(type, body.Namespace(), body.Name(), live =>
        {
            JsonObject item = body.Copy();
            JsonObject meta = item.Meta();
            meta["uid"] ??= live is not null ? live.Uid() : Guid.NewGuid().ToString();
            meta["creationTimestamp"] ??= (string?)live?.Meta()["creationTimestamp"] ?? ObjectRules.Time(_clock.GetUtcNow());
            if (type.CountsGenerations)
            {
                meta["generation"] ??= live is null ? 1 : NextGeneration(type, live, item);
            }

            AfterWrite(type, item);
            return item;
        })!;
    }

    private static long NextGeneration(ResourceDefinition type, JsonObject live, JsonObject item) =>
        ((long?)live.Meta()["generation"] ?? 1) + (ObjectRules.IsWantedChanged(type, live, item) ? 1 : 0);

    private JsonObject Insert(WriteRequest request, JsonObject item, string operation)
    {
        ResourceDefinition type = request.Type;
        return _store.Change(type, request.Namespace, request.Name, live =>
        {
            if (live is not null)
            {
                throw ApiFaultException.AlreadyExists(type, request.Name);
            }

            JsonObject meta = item.Meta();
            foreach (string field in (string[])["deletionTimestamp", "managedFields", "resourceVersion", "generation"])
            {
                meta.Remove(field);
            }

            meta["name"] = request.Name;
            meta.Put("namespace", type.IsNamespaced ? request.Namespace : null);
            if (type.HasStatus)
            {
                item.Remove("status");
            }

            NoteManager(type, [], item, request, operation);
            SchemaDefaults.Fill(type.Schema, item);
            meta["uid"] = Guid.NewGuid().ToString();
            meta["creationTimestamp"] = ObjectRules.Time(_clock.GetUtcNow());
            meta.Put("generation", type.CountsGenerations ? 1L : null);
            if (type is { Group: "", Plural: "namespaces" or "pods" or "persistentvolumeclaims" })
            {
                item["status"] = new JsonObject { ["phase"] = type.Plural == "namespaces" ? "Active" : "Pending" };
            }

            AfterWrite(type, item);
            return item;
        })!;
    }

    private JsonObject Replace(WriteRequest request, Func<JsonObject, JsonObject> change, bool isApply = false)
    {
        ResourceDefinition type = request.Type;
        JsonObject? result = _store.Change(type, request.Namespace, request.Name, live =>
        {
            if (live is null || (request.Subresource.Length > 0 && !type.HasStatus))
            {
                throw ApiFaultException.NotFound(type, request.Name);
            }

            JsonObject item = change(live);
            SchemaDefaults.Fill(type.Schema, item);
            Preconditions.CheckIdentity(request, live, item);
            JsonNode? managed = item.Meta()["managedFields"]?.DeepClone();
            ObjectRules.KeepSystemFields(live, item);
            WrittenHalf.KeepOther(request, live, item);
            ObjectRules.CheckImmutable(type, live, item);
            if (isApply)
            {
                item.Meta().Put("managedFields", managed);
            }
            else
            {
                NoteManager(type, live, item, request, "Update");
            }

            if (type.CountsGenerations)
            {
                item.Meta()["generation"] = NextGeneration(type, live, item);
            }

            AfterWrite(type, item);
            return live.Meta()["deletionTimestamp"] is not null && !item.HasFinalizers() && type.Plural != "namespaces" ? null : item;
        });
        return result!;
    }

    private void NoteManager(ResourceDefinition type, JsonObject before, JsonObject after, WriteRequest request, string operation)
    {
        ManagedFields managed = new(before);
        if (operation == "Apply")
        {
            managed.Set(request.Manager, operation, request.Subresource, [.. FieldSet.Of(type, after).Keys], _clock.GetUtcNow());
        }
        else
        {
            managed.NoteUpdate(type, before, after, request.Manager, request.Subresource, _clock.GetUtcNow());
        }

        managed.WriteTo(after, type.ApiVersion);
    }

    private void AfterWrite(ResourceDefinition type, JsonObject item)
    {
        if (type.Plural == "customresourcedefinitions")
        {
            _store.AddTypes(CustomResources.Of(item));
            item["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(
                    new JsonObject { ["type"] = "NamesAccepted", ["status"] = "True" }, new JsonObject { ["type"] = "Established", ["status"] = "True" }),
            };
        }
    }

    private void RequireNamespace(WriteRequest request)
    {
        if (!request.Type.IsNamespaced)
        {
            return;
        }

        ResourceDefinition namespaces = _store.FindType("", "v1", "namespaces")!;
        JsonObject found = _store.Find(namespaces, "", request.Namespace) ?? throw ApiFaultException.NotFound(namespaces, request.Namespace);
        if (found.Meta()["deletionTimestamp"] is not null)
        {
            throw new ApiFaultException(403, "Forbidden", $"unable to create new content in namespace {request.Namespace} because it is being terminated");
        }
    }
}
