using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Snapshots;

/// <summary>
/// Pins in the store: JSON, sealed. A pin is in force when its object exists, readable or not: damage must not let a point go.
/// </summary>
internal static class PinStore
{
    private const int ObjectBytesMax = 16 << 10;

    /// <summary>Writes the pin; false when there is one already.</summary>
    public static async Task<bool> WriteAsync(IObjectStore store, MasterKeys keys, RestorePointPin pin, CancellationToken cancellationToken)
    {
        string name = ObjectNames.Pin(pin.Point);
        if (await store.HeadAsync(name, cancellationToken) is not null)
        {
            return false;
        }

        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(pin, ManifestJson.Default.RestorePointPin);
        byte[] content = SealedObject.Seal(keys, ObjectHeader.Create(ObjectType.Pin, 0, IdOf(name)), name, payload);
        try
        {
            await ObjectPublisher.PublishAsync(store, name, content, cancellationToken);
            return true;
        }
        catch (ObjectTakenException)
        {
            return false;
        }
    }

    public static async Task<bool> IsPinnedAsync(IObjectStore store, RestorePointId point, CancellationToken cancellationToken) =>
        await store.HeadAsync(ObjectNames.Pin(point), cancellationToken) is not null;

    /// <exception cref="RepositoryCorruptException">The pin is missing, damaged, or not the one its name says.</exception>
    public static async Task<RestorePointPin> ReadAsync(IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        byte[] content = await SmallObjects.ReadAsync(store, name, ObjectBytesMax, cancellationToken);
        ReadOnlyMemory<byte> payload = SealedObject.Open(keys, ObjectType.Pin, IdOf(name), name, content);
        try
        {
            RestorePointPin? pin = JsonSerializer.Deserialize(payload.Span, ManifestJson.Default.RestorePointPin);
            return pin is not null && ObjectNames.Pin(pin.Point) == name
                ? pin
                : throw new RepositoryCorruptException(RepositoryDamage.Misplaced, name, "is the pin of another restore point");
        }
        catch (JsonException e)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, "does not read as a pin", inner: e);
        }
    }

    private static ObjectId IdOf(string name) => ObjectId.Read(SHA256.HashData(Encoding.ASCII.GetBytes(name)));
}
