using K8sBackup.Agent.Volumes;

namespace K8sBackup.Agent.Tests.PodVolumes;

/// <summary>A place whose volume goes away right after it was opened for the second time, which is for reading.</summary>
internal sealed class VanishingPlace(IVolumePlace place, Action vanish) : IVolumePlace
{
    private int _opened;

    public bool IsLasting => place.IsLasting;

    public OpenVolume Open()
    {
        OpenVolume volume = place.Open();
        if (++_opened == 2)
        {
            vanish();
        }

        return volume;
    }
}
