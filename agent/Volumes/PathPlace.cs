using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Volumes;

/// <summary>A volume at a path the plan names, below an allowed root.</summary>
internal sealed class PathPlace : IVolumePlace
{
    private readonly AllowedRoots _roots;
    private readonly string _path;

    public PathPlace(AllowedRoots roots, VolumeOptions options)
    {
        _roots = roots;
        _path = options.Path;
    }

    public bool IsLasting => true;

    public OpenVolume Open() => new(_roots.Open(_path), _path);
}
